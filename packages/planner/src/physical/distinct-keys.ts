/**
 * Of the right side of a semi, anti or mark join only the different rows matter: where statistics say that they
 * are few, duplicates are dropped before the side is sent.
 */
import { present } from '@arbalest/common'
import type { Aggregate, Distinct, Expr, Join } from '@arbalest/plan'
import { estimateGroups } from './estimate-groups.js'
import type { Fragment } from './fragment.js'
import type { UnfoldContext } from './unfold-context.js'

/** Below so many rows there is little to save. */
const rowsMin = 20_000
/** Different rows, as a share of all, up to which looking for duplicates costs less than sending them. */
const distinctShareMax = 0.2

const joinTypes: ReadonlySet<string> = new Set<Join['joinType']>(['semi', 'anti', 'mark'])

/** What a finished stage has written stays as it is. */
export function distinctKeys(plan: Join, right: Fragment, context: UnfoldContext): Fragment {
  const isRead = right.plan.kind === 'shuffle-read' || right.plan.kind === 'distinct'
  if (!joinTypes.has(plan.joinType) || plan.isAsof === true || isRead || right.rows < rowsMin) return right
  const { types, live } = right.plan
  if (live.length === 0) return right
  const columns = live.map((index): Expr => (
    { kind: 'column', index, type: present(types[index], 'live columns have types') }))
  const grouped: Aggregate = {
    kind: 'aggregate', id: plan.id, types, live, input: plan.right,
    groups: columns, groupingSets: undefined, aggregates: [], groupingFunctions: [],
  }
  const { groups, isKnown } = estimateGroups(grouped, right, context)
  const rows = Math.min(right.rows, groups * context.tasks)
  if (!isKnown || rows > right.rows * distinctShareMax) return right
  const facts = `about ${Math.round(groups)} of ${Math.round(right.rows)} rows`
  context.decide({ about: `join ${plan.id}`, choice: 'different keys of the right side', facts })
  const id = context.freshId()
  const distinct: Distinct = { kind: 'distinct', id, types, live, input: right.plan, on: undefined, orders: [] }
  const { partitioning, domainRows } = right
  return { plan: distinct, partitioning, rows, domainRows }
}
