/** A SELECT that must be whole: in one task, over parts that are computed before, divided, and tables as they are. */
import type { Plan, WholeSelect } from '@arbalest/plan'
import { oneTaskParts } from '../undivided.js'
import { gather } from './exchange.js'
import type { Distributed, Fragment } from './fragment.js'
import type { UnfoldContext } from './unfold-context.js'

type Distribute = (plan: Plan, context: UnfoldContext) => Distributed

export function distributeWholeSelect(
  plan: WholeSelect, context: UnfoldContext, distribute: Distribute,
): Distributed {
  const fragments = plan.parts.map(({ plan: part }, at): Distributed => {
    if (part.kind === 'scan') return wholeScan(part, context)
    const input = distribute(part, context)
    if (input === 'pending') return input
    return gather(context, input, { key: `${plan.id}:part${at}`, reason: oneTaskParts.wholeSelect.reason })
  })
  const ready = fragments.flatMap((fragment) => (fragment === 'pending' ? [] : [fragment]))
  if (ready.length < fragments.length) return 'pending'
  const parts = plan.parts.map((part, at) => ({ ...part, plan: ready[at]?.plan ?? part.plan }))
  context.decide({ about: `select ${plan.id}`, choice: 'in one task', facts: plan.reason })
  const rows = Math.max(1, ...ready.map((fragment) => fragment.rows))
  return { plan: { ...plan, parts }, partitioning: { kind: 'single' }, rows, domainRows: rows }
}

function wholeScan(scan: Extract<Plan, { readonly kind: 'scan' }>, { sources }: UnfoldContext): Fragment {
  const { id, types, live } = scan
  const rows = sources[scan.source]?.rows ?? 1
  const plan = { kind: 'replicated-scan', id, types, live, scan } as const
  return { plan, partitioning: { kind: 'replicated' }, rows, domainRows: rows }
}
