/**
 * The columns of a query from its text and its plan. To bind a query only for them costs about what its plan costs;
 * where text and plan do not tell them for sure, that is what has to be done.
 */
import type { Column } from '@arbalest/common'
import type { Plan } from '@arbalest/plan'
import { outputNames, tablesOf, type SyntaxTree } from '@arbalest/planner'
import { lookUp, type PlannerState } from './planner-state.js'

/** The names of all columns, or `undefined`. Views may call theirs in any way. */
export function toldNames(
  state: PlannerState,
  tree: SyntaxTree,
  path: readonly string[],
): readonly string[] | undefined {
  const columns: string[] = []
  for (const reference of tablesOf(tree)) {
    const table = reference.kind === 'name' ? lookUp(state, reference, path).table : undefined
    if (table === undefined) return undefined
    for (const { name } of table.source.columns) columns.push(name)
  }
  return outputNames(tree, columns)
}

/** The columns with their types, or `undefined` where these are not of a simple kind. */
export function toldColumns(names: readonly string[], plan: Plan): readonly Column[] | undefined {
  const { types, live } = plan
  if (types.length !== names.length || live.length !== names.length) return undefined
  const columns: Column[] = []
  for (const [at, type] of types.entries()) {
    const name = names[at]
    const isSimple = type.kind === 'decimal' || (type.kind === 'simple' && type.name !== 'NULL')
    if (name === undefined || !isSimple) return undefined
    columns.push({ name, type })
  }
  return columns
}
