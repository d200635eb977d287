/** Recursive CTEs: the rounds run in one task, what they read but their own rows is computed before, divided. */
import { childrenOf, withChildren, type Plan, type RecursiveCte } from '@arbalest/plan'
import { gather } from './exchange.js'
import type { Distributed } from './fragment.js'
import type { UnfoldContext } from './unfold-context.js'
import { oneTaskParts } from '../undivided.js'

type Distribute = (plan: Plan, context: UnfoldContext) => Distributed

export function distributeRecursiveCte(
  plan: RecursiveCte, context: UnfoldContext, distribute: Distribute,
): Distributed {
  const input = distribute(plan.initial, context)
  const initial = input === 'pending'
    ? input
    : gather(context, input, { key: `${plan.id}:initial`, reason: oneTaskParts.recursiveStart.reason })
  const step = withoutRounds(plan.step, { plan, context, distribute, own: new Set() })
  if (initial === 'pending' || step === undefined) return 'pending'
  return {
    plan: { ...plan, initial: initial.plan, step },
    partitioning: { kind: 'single' },
    rows: initial.rows * 10,
    domainRows: initial.domainRows * 10,
  }
}

interface Scope {
  readonly plan: RecursiveCte
  readonly context: UnfoldContext
  readonly distribute: Distribute
  /** Delim joins and CTEs around it that are computed anew in each round, as `delim 3` and `cte 4`. */
  readonly own: ReadonlySet<string>
}

/** The step with its largest parts that are the same in every round read from stages; undefined = pending. */
function withoutRounds(part: Plan, scope: Scope): Plan | undefined {
  if (!readsRound(part, scope)) {
    const rows = scope.distribute(part, scope.context)
    if (rows === 'pending') return undefined
    const key = `${scope.plan.id}:round${part.id}`
    const all = gather(scope.context, rows, { key, reason: oneTaskParts.recursiveInput.reason })
    return all === 'pending' ? undefined : all.plan
  }
  const own = new Set([...scope.own, ...definedBy(part)])
  const children: Plan[] = []
  let isPending = false
  for (const child of childrenOf(part)) {
    const done = withoutRounds(child, { ...scope, own })
    if (done === undefined) isPending = true
    else children.push(done)
  }
  return isPending ? undefined : withChildren(part, children)
}

function definedBy(part: Plan): readonly string[] {
  if (part.kind === 'cte' || part.kind === 'recursive-cte') return [`cte ${part.cteId}`]
  return part.kind === 'join' && part.delim !== undefined ? [`delim ${part.delim.delimId}`] : []
}

/** Whether a part reads the rows of the last round, or keys that a join makes of them. */
function readsRound(part: Plan, scope: Scope): boolean {
  if (part.kind === 'cte-scan') return part.cteId === scope.plan.cteId || scope.own.has(`cte ${part.cteId}`)
  if (part.kind === 'delim-scan') return scope.own.has(`delim ${part.delimId}`)
  return childrenOf(part).some((child) => readsRound(child, scope))
}
