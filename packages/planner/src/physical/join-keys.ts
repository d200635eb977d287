/** How the division of a join's sides goes with the columns that the join compares. */
import type { JoinCondition } from '@arbalest/plan'
import type { Borders, Fragment } from './fragment.js'
import { keyColumn } from './key-columns.js'

export const isEquality = (condition: JoinCondition): boolean =>
  condition.operator === '=' || condition.operator === 'IS NOT DISTINCT FROM'

/** Which equality each key of a fragment's division belongs to; undefined when one belongs to none. */
export function followed(
  fragment: Fragment,
  equalities: readonly JoinCondition[],
  side: 'left' | 'right',
): readonly number[] | undefined {
  const { partitioning } = fragment
  if (partitioning.kind !== 'hash' && partitioning.kind !== 'aligned') return undefined
  const indexes: number[] = []
  for (const key of partitioning.keys) {
    const index = equalities.findIndex((condition) => {
      const column = keyColumn(condition[side])
      return column !== undefined && key.has(column)
    })
    if (index < 0) return undefined
    indexes.push(index)
  }
  return indexes
}

/** Where shares end that lie by value; undefined where they lie by hash. */
export const bordersOf = ({ partitioning }: Fragment): Borders | undefined =>
  partitioning.kind === 'aligned' ? partitioning.borders : undefined

export const sameList = (a: readonly number[] | undefined, b: readonly number[] | undefined): boolean =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((value, index) => value === b[index])
