/** Which expressions are plain columns, as far as hashing can tell. */
import { isInteger } from '@arbalest/common'
import { typeOf, type Expr } from '@arbalest/plan'

/**
 * The column an expression is, or undefined. A cast between integer types counts as the column itself:
 * `partitionExpression` hashes all integers alike. Any other cast changes the hash.
 */
export function keyColumn(expr: Expr): number | undefined {
  if (expr.kind === 'column') return expr.index
  if (expr.kind === 'cast' && !expr.isTry && isInteger(expr.type) && isInteger(typeOf(expr.input))) {
    return keyColumn(expr.input)
  }
  return undefined
}

/** Key sets of a hash exchange on `keys`, or undefined when one of them is no plain column. */
export function keySets(keys: readonly Expr[]): readonly ReadonlySet<number>[] | undefined {
  const sets: ReadonlySet<number>[] = []
  for (const key of keys) {
    const column = keyColumn(key)
    if (column === undefined) return undefined
    sets.push(new Set([column]))
  }
  return sets
}
