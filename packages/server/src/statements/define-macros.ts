/** CREATE MACRO and CREATE TYPE, and how these and sequences are dropped. */
import { queryError, quoteIdentifier, quoteLiteral } from '@arbalest/common'
import type {
  CreateMacroStatement, CreateTypeStatement, DropDefinitionStatement, MacroDefinition,
} from '@arbalest/planner'
import type { DefinitionEntry } from '../catalog/definitions.js'
import { locateDefinition, locateSequence, searchPathOf, shownName } from '../catalog/name-lookup.js'
import type { ResolvedQuery } from '../catalog/table-resolver.js'
import { refuseDependents } from './define-sequences.js'
import { asIn, movedBy, withoutPlace } from './error-place.js'
import { mayDefine } from './may-define.js'
import { nameOfNew, refuseTemporary } from './new-name.js'
import { queryTexts } from './query-texts.js'
import type { StatementContext } from './statement-context.js'
import { withSchemas } from './with-schemas.js'

/** @throws QueryError OBJECT_EXISTS, and what a query of the bodies throws */
export async function createMacro(statement: CreateMacroStatement, context: StatementContext): Promise<void> {
  const { catalog, planner } = context
  const name = nameOfNew(statement, context)
  if (!mayDefine({ kind: 'macro', name }, statement, context)) return
  const bodies: ResolvedQuery[] = []
  const definitions: MacroDefinition[] = []
  for (const definition of statement.definitions) {
    const resolved = await resolveBody(definition, statement, context)
    const start = definition.isTable ? 0 : expressionStart.length
    const written = withSchemas(bodySql(definition), [...resolved.names, ...resolved.calls], resolved.sequences)
    bodies.push(resolved)
    const body = definition.isTable ? written : written.slice(start, -expressionEnd.length)
    definitions.push({ ...definition, body })
  }
  const uses = bodies.flatMap(({ tables }) => tables)
  const needs = bodies.flatMap((body) => body.needs.map(({ kind, name: needed }) => ({ kind, name: needed })))
  if (!statement.temporary) refuseTemporary(`macro ${shownName(name)}`, [...uses, ...needs.map((need) => need.name)])
  const isAsWritten = definitions.every(({ body }, at) => body === statement.definitions[at]?.body)
  const text = isAsWritten ? statement.sql : definitions.map(definitionText).join(', ')
  await catalog.change(async () => {
    if (!mayDefine({ kind: 'macro', name }, statement, context)) return
    await asIn(statement.sql, text, planner.putMacro({ name, definitions, text }))
    catalog.definitions.put({ kind: 'macro', name, text, definitions, uses, needs })
  })
}

const expressionStart = 'SELECT ('
const expressionEnd = '\n)'
const bodySql = ({ isTable, body }: MacroDefinition): string =>
  isTable ? body : `${expressionStart}${body}${expressionEnd}`

/** Functions are checked and names looked up as in a query; parameters look like columns. */
async function resolveBody(
  definition: MacroDefinition,
  statement: CreateMacroStatement,
  { resolver, session, signal }: StatementContext,
): Promise<ResolvedQuery> {
  const path = searchPathOf(session)
  for (const { defaultValue } of definition.parameters) {
    if (defaultValue === undefined) continue
    await resolver.resolve(`SELECT (${defaultValue}\n)`, path, signal).catch((thrown: unknown) => {
      throw withoutPlace(thrown)
    })
  }
  const start = definition.bodyStart - statement.sqlStart - (definition.isTable ? 0 : expressionStart.length)
  const resolved = await resolver.resolve(bodySql(definition), path, signal).catch((thrown: unknown) => {
    throw movedBy(start, thrown)
  })
  if (resolved.files.length === 0) return resolved
  throw queryError('NOT_IN_THIS_VERSION', { what: 'a file in a macro', instead: 'register it as a table' })
}

function definitionText({ parameters, isTable, body }: MacroDefinition): string {
  const list = parameters.map(({ name, type = '', defaultValue }) =>
    `${quoteIdentifier(name)} ${type}${defaultValue === undefined ? '' : ` := ${defaultValue}`}`)
  return `(${list.join(', ')}) AS ${isTable ? 'TABLE ' : ''}${body}`
}

/** @throws QueryError OBJECT_EXISTS, and what a query over the type throws */
export async function createType(statement: CreateTypeStatement, context: StatementContext): Promise<void> {
  const { catalog, planner } = context
  const name = nameOfNew(statement, context)
  if (!mayDefine({ kind: 'type', name }, statement, context)) return
  const written = statement.isQuery ? await enumOf(statement.sql, context) : statement.sql
  const type = await asIn(statement.sql, written, planner.typeOf(written, searchPathOf(context.session)))
  await catalog.change(async () => {
    if (!mayDefine({ kind: 'type', name }, statement, context)) return
    await planner.putType(name, type)
    catalog.definitions.put({ kind: 'type', name, type })
  })
}

/** The distinct values of a query in its order, NULL left out. */
async function enumOf(sql: string, context: StatementContext): Promise<string> {
  const rows = await queryTexts(sql, context)
  if (rows.some((row) => row.length !== 1)) {
    throw queryError('BINDER_ERROR', { reason: 'the query of an ENUM has one column' })
  }
  const values = new Set(rows.flatMap(([value]) => (value === null || value === undefined ? [] : [value])))
  if (values.size > 0) return `ENUM(${[...values].map(quoteLiteral).join(', ')})`
  throw queryError('NOT_IN_THIS_VERSION', { what: 'an ENUM without values', instead: 'name at least one' })
}

export function dropDefinition(statement: DropDefinitionStatement, context: StatementContext): Promise<void> {
  const { catalog, session } = context
  const { object, isTable, ifExists } = statement
  const parts = statement.name
  return catalog.change(async () => {
    const path = searchPathOf(session)
    const written = { schema: parts.at(-2), name: parts.at(-1) ?? '' }
    const entry = object === 'sequence'
      ? locateSequence(catalog, parts, path)
      : locateDefinition(catalog, object, written, path)
    if (entry?.kind === 'sequence') refuseDependents(entry.name, catalog)
    const fits = entry?.kind !== 'macro' || isTable === undefined ||
      entry.definitions.some((definition) => definition.isTable)
    if (entry !== undefined && fits) return removeDefinition(entry, context)
    if (!ifExists) throw queryError('UNKNOWN_OBJECT', { reason: `there is no ${object} ${parts.join('.')}` })
  })
}

/** Takes a macro, type or sequence out of the catalog, whatever uses it; within `catalog.change`. */
export async function removeDefinition(
  { kind, name }: DefinitionEntry,
  { catalog, planner }: Pick<StatementContext, 'catalog' | 'planner'>,
): Promise<void> {
  switch (kind) {
    case 'macro': await planner.dropMacro(name)
      break
    case 'type': await planner.dropType(name)
      break
    case 'sequence': await planner.dropSequence(name)
  }
  catalog.definitions.drop({ kind, name })
}
