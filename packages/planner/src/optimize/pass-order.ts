/** The passes of the optimizer in their order: the one table to read. */
import { applyRules } from './apply-rules.js'
import type { Pass } from './rule.js'
import { dropIdentityProjection } from './rules/drop-identity-projection.js'
import { foldEmptyLimit } from './rules/fold-empty-limit.js'
import { inlineRecursiveCte } from './rules/inline-recursive-cte.js'
import { mergeLimits } from './rules/merge-limits.js'
import { pruneColumns } from './rules/prune-columns.js'
import { pushLimitDown } from './rules/push-limit-down.js'

export const passOrder: readonly Pass[] = [
  applyRules('limits', [inlineRecursiveCte, mergeLimits, foldEmptyLimit, pushLimitDown]),
  applyRules('clean-up', [dropIdentityProjection]),
  // last, because it sees which columns the final shape of the plan uses
  pruneColumns,
]
