/** A query as one fragment: its own text over inputs, with all that it uses. */
import { catalogName, defaultSchema, dialectSchema, quoteIdentifier } from '@arbalest/common'
import type { PreparedQuery, ScanInput } from '@arbalest/plan'
import {
  functionsOf, isTimeless, renameDefinitions, renameSequences, rewriteTables, tablesOf, typesOf,
  writeSyntaxTree, type DefinitionName, type MacroDefinition, type SyntaxTree,
} from '@arbalest/planner'
import { keepColumnNames } from './keep-column-names.js'
import type { QualifiedName, UsedSequence } from './planner.js'
import {
  keyOf, lookUp, type KnownMacro, type KnownSequence, type KnownTable, type KnownType, type KnownView,
  type PlannerState,
} from './planner-state.js'

type Whole = PreparedQuery['whole']

/** `timeless`: whether the text means the same whenever it is planned. */
export interface WholeForm extends Whole {
  readonly timeless: boolean
  readonly sequences: readonly UsedSequence[]
  /** The tables behind the inputs. */
  readonly names: readonly QualifiedName[]
}

/**
 * The query's own text with its tables renamed to inputs and its views put in place. `stem` begins the names of
 * inputs, behind something else where a text has it in it.
 */
export async function wholeForm(
  state: PlannerState,
  sql: string,
  path: readonly string[],
  stem = 'input_',
): Promise<WholeForm> {
  const writer = new WholeWriter(state, sql, stem)
  const tree = await writer.rewritten(await state.trees.treeOf(sql), path)
  const text = await state.instance.deserializeTree(writeSyntaxTree(tree))
  const { prelude, timeless } = writer
  const [inputs, sequences] = [writer.inputs(), writer.sequences()]
  return { sql: text, inputs, names: writer.names(), timeless, sequences, ...(prelude.length === 0 ? {} : { prelude }) }
}

class WholeWriter {
  timeless = true
  /** Makes the macros and types that are used, each after what it uses itself. */
  readonly prelude: string[] = []
  readonly #state: PlannerState
  readonly #inputs = new Map<KnownTable, ScanInput>()
  /** What macros and types are called on the executor. */
  readonly #names = new Map<KnownMacro | KnownType, string>()
  /** What sequences are called there. */
  readonly #sequences = new Map<KnownSequence, string>()
  /** No name that the query might define itself. */
  readonly #prefix: string

  constructor(state: PlannerState, sql: string, stem: string) {
    this.#state = state
    this.#prefix = freePrefix([sql, ...textsOf(state)].join('\n'), stem)
  }

  inputs(): readonly ScanInput[] {
    return [...this.#inputs.values()]
  }

  names(): readonly QualifiedName[] {
    return [...this.#inputs.keys()].map(({ name }) => name)
  }

  sequences(): readonly UsedSequence[] {
    return [...this.#sequences].map(([{ name }, alias]) => ({ name, alias }))
  }

  async rewritten(original: SyntaxTree, path: readonly string[], isExpression = false): Promise<SyntaxTree> {
    const { instance, trees } = this.#state
    this.timeless &&= isTimeless(original)
    const named = isExpression ? original : await keepColumnNames(instance, original)
    const tree = this.#withSequences(await this.#withDefinitions(named, path), path)
    const viewTrees = new Map<KnownView, SyntaxTree>()
    for (const reference of tablesOf(tree)) {
      if (reference.kind !== 'name') continue
      const { view } = lookUp(this.#state, reference, path)
      if (view === undefined || viewTrees.has(view)) continue
      viewTrees.set(view, await this.rewritten(await trees.treeOf(viewSql(view)), pathWithin(view)))
    }
    return rewriteTables(tree, (reference) => {
      if (reference.kind !== 'name') return undefined
      const { view, table } = lookUp(this.#state, reference, path)
      const inner = view && viewTrees.get(view)
      if (view && inner) return { kind: 'view', tree: inner, schema: view.name.schema }
      if (table === undefined) return undefined
      return { kind: 'table', name: this.#inputOf(table).name, schema: table.name.schema }
    })
  }

  /** Macros and types are temporary ones on the executor, which knows no schemas. */
  async #withDefinitions(tree: SyntaxTree, path: readonly string[]): Promise<SyntaxTree> {
    const { macros, types } = this.#state
    if (macros.size === 0 && types.size === 0) return tree
    for (const name of typesOf(tree)) this.#useType(definitionOf(types, name, path))
    for (const name of functionsOf(tree)) await this.#useMacro(definitionOf(macros, name, path))
    if (this.#names.size === 0) return tree
    const nameOf = (known: KnownMacro | KnownType | undefined) => known && this.#names.get(known)
    return renameDefinitions(tree, {
      function: (name) => nameOf(definitionOf(macros, name, path)),
      type: (name) => nameOf(definitionOf(types, name, path)),
    })
  }

  /** Sequences are temporary ones too, made anew for each query as they are then. */
  #withSequences(tree: SyntaxTree, path: readonly string[]): SyntaxTree {
    const { sequences } = this.#state
    if (sequences.size === 0) return tree
    return renameSequences(tree, (parts) => {
      const sequence = sequenceOf(sequences, parts, path)
      if (sequence === undefined) return undefined
      const alias = this.#sequences.get(sequence) ?? `sequence_${this.#sequences.size}`
      this.#sequences.set(sequence, alias)
      return alias
    })
  }

  #useType(type: KnownType | undefined): void {
    if (type === undefined || this.#names.has(type)) return
    this.prelude.push(`CREATE TEMP TYPE ${quoteIdentifier(this.#freeName(type))} AS ${type.type}`)
  }

  async #useMacro(macro: KnownMacro | undefined): Promise<void> {
    if (macro === undefined || this.#names.has(macro)) return
    const name = this.#freeName(macro)
    const texts: string[] = []
    for (const definition of macro.definitions) texts.push(await this.#macroText(macro, definition))
    this.prelude.push(`CREATE TEMP MACRO ${quoteIdentifier(name)} ${texts.join(', ')}`)
  }

  #freeName(definition: KnownMacro | KnownType): string {
    const taken = new Set([...this.#names.values()].map((name) => name.toLowerCase()))
    let free = definition.name.name
    for (let n = 1; taken.has(free.toLowerCase()); n++) free = `${definition.name.name}_${n}`
    this.#names.set(definition, free)
    return free
  }

  async #macroText(macro: KnownMacro, { parameters, isTable, body }: MacroDefinition): Promise<string> {
    const path = pathWithin(macro)
    const list = parameters.map(({ name, type, defaultValue }) =>
      [quoteIdentifier(name), type ?? '', defaultValue === undefined ? '' : `:= ${defaultValue}`].join(' '))
    const sql = isTable ? body : expressionSql(body)
    const tree = await this.rewritten(await this.#state.trees.treeOf(sql), path, !isTable)
    const text = await this.#state.instance.deserializeTree(writeSyntaxTree(tree))
    return `(${list.join(', ')}) AS ${isTable ? `TABLE (${text})` : `(${text.replace(/^SELECT /, '')})`}`
  }

  #inputOf(table: KnownTable): ScanInput {
    const known = this.#inputs.get(table)
    if (known !== undefined) return known
    const { source } = table
    const input: ScanInput = {
      kind: 'scan',
      name: `${this.#prefix}${this.#inputs.size}`,
      table: source.table,
      reader: source.reader,
      columns: source.columns,
      files: source.files,
      mode: 'all',
    }
    this.#inputs.set(table, input)
    return input
  }
}

/** What none of the texts has in it: inputs of such names can be told from all else in the query's text. */
function freePrefix(texts: string, stem: string): string {
  const lower = texts.toLowerCase()
  let prefix = stem
  for (let n = 1; lower.includes(prefix); n++) prefix = `arbalest${n}_${stem}`
  return prefix
}

const textsOf = ({ views, macros }: PlannerState): readonly string[] => [
  ...[...views.values()].map((view) => view.sql),
  ...[...macros.values()].flatMap((macro) => macro.definitions.map((definition) => definition.body)),
]

/** An expression as a query that has a syntax tree. */
const expressionSql = (expression: string): string => `SELECT (${expression}\n)`

/** Names within a view or macro are those of its own schema. */
const pathWithin = ({ name }: KnownView | KnownMacro): readonly string[] => [name.schema, defaultSchema, dialectSchema]

/** What stands before a function may be a schema, or a value whose method it is. */
function definitionOf<T>(
  known: ReadonlyMap<string, T>,
  { schema, name }: DefinitionName,
  path: readonly string[],
): T | undefined {
  for (const searched of schema === undefined ? path : [schema, ...path]) {
    const found = known.get(keyOf(searched, name))
    if (found !== undefined) return found
  }
  return undefined
}

/** One to three identifiers as DuckDB looks them up. */
function sequenceOf(
  known: ReadonlyMap<string, KnownSequence>,
  parts: readonly string[],
  path: readonly string[],
): KnownSequence | undefined {
  const name = parts.at(-1) ?? ''
  const schema = parts.at(-2)
  const isCatalog = parts.length === 2 && schema?.toLowerCase() === catalogName
  for (const searched of schema === undefined ? path : [isCatalog ? defaultSchema : schema]) {
    const found = known.get(keyOf(searched, name))
    if (found !== undefined) return found
  }
  return undefined
}

const viewSql = (view: KnownView): string =>
  view.columns === undefined
    ? view.sql
    : `SELECT * FROM (${view.sql}\n) AS v(${view.columns.map(quoteIdentifier).join(', ')})`
