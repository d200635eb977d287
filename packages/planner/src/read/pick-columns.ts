/** Some columns of an operator, in another order: what DuckDB writes as a projection map. */
import type { ColumnRef, Plan } from '@arbalest/plan'
import { asCounts } from './json-value.js'
import type { ReadState } from './read-state.js'
import { unreadable } from './unreadable-plan.js'

/** The positions of all columns. */
export const allOf = (columns: readonly unknown[]): readonly number[] => columns.map((_, i) => i)

/** The operator, or a project of the columns that the map names over it; an empty map means all. */
export function picked(state: ReadState, input: Plan, map: unknown): Plan {
  const positions = asCounts(map, 'projection map')
  if (positions.length === 0) return input
  return pickedColumns(state, input, positions)
}

export function pickedColumns(state: ReadState, input: Plan, positions: readonly number[]): Plan {
  const exprs = positions.map((index): ColumnRef => (
    { kind: 'column', index, type: input.types[index] ?? unreadable('column out of range') }
  ))
  const types = exprs.map(({ type }) => type)
  return { kind: 'project', id: state.nextId(), input, exprs, types, live: allOf(types) }
}
