import type { Rule } from '../rule.js'

/**
 * Two limits in a row are one: the outer counts within what the inner leaves.
 *
 *   Limit 3 offset 2         Limit 3 offset 7
 *     Limit 10 offset 5  ->    t
 *       t
 */
export const mergeLimits: Rule<'limit'> = {
  name: 'merge-limits',
  on: 'limit',
  apply(outer) {
    const inner = outer.input
    if (inner.kind !== 'limit') return outer
    const left = inner.count === undefined ? Infinity : Math.max(0, inner.count - outer.offset)
    const count = Math.min(outer.count ?? Infinity, left)
    return {
      ...outer,
      input: inner.input,
      count: count === Infinity ? undefined : count,
      offset: inner.offset + outer.offset,
    }
  },
}
