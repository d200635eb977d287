import type { Rule } from '../rule.js'

/**
 * A limit of no rows does not need its input: this is how tools ask for the columns of a query.
 *
 *   Limit 0      ->   Values (no rows)
 *     t
 */
export const foldEmptyLimit: Rule<'limit'> = {
  name: 'fold-empty-limit',
  on: 'limit',
  apply(limit) {
    if (limit.count !== 0) return limit
    return { kind: 'values', id: limit.id, types: limit.types, live: limit.live, rows: [] }
  },
}
