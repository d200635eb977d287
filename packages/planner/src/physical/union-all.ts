/** UNION ALL over divided rows: no exchange, and file order where the answer's order hangs on it. */
import { childrenOf, transformUp, type Plan, type ReplicatedScan, type SetOperation } from '@arbalest/plan'
import { broadcast, pickOwnRows } from './exchange.js'
import { isDivided, type Distributed, type Fragment, type Partitioning } from './fragment.js'
import type { UnfoldContext } from './unfold-context.js'

/** Inputs that every task has are taken by one task; the others stay where they are. */
export function unionAll(
  plan: SetOperation,
  inputs: readonly Fragment[],
  context: UnfoldContext,
): Distributed {
  if (context.orderedUnions.has(plan.id)) {
    const ordered = inFileOrder(plan, inputs)
    if (ordered !== undefined) return ordered
  }
  const parts: Fragment[] = []
  let pending = false
  for (const [index, input] of inputs.entries()) {
    if (isDivided(input)) parts.push(input)
    else if (input.partitioning.kind === 'replicated') parts.push(pickOwnRows(context, input, undefined))
    else {
      const request = { key: `${plan.id}:union${index}`, reason: `input ${index + 1} of union` }
      const all = broadcast(context, input, request)
      if (all === 'pending') pending = true
      else parts.push(pickOwnRows(context, all, undefined))
    }
  }
  return pending ? 'pending' : combineInputs(plan, parts, commonPartitioning(parts))
}

/**
 * Where no exchange lies above, rows come in the order of the inputs and their files: the tasks divide
 * the files of all inputs one after the other. An input that is no file (VALUES) cannot be divided so;
 * then one task reads everything.
 */
function inFileOrder(plan: SetOperation, inputs: readonly Fragment[]): Fragment | undefined {
  if (!inputs.every((input) => isFileChain(input.plan))) return undefined
  const onlyFiles = inputs.every((input) => leavesOf(input.plan).every((leaf) => leaf.kind !== 'values'))
  const moved = inputs.map((input) => ({
    ...input,
    plan: transformUp(input.plan, onlyFiles ? divideScan : replicateScan),
  }))
  return combineInputs(plan, moved, { kind: onlyFiles ? 'any' : 'single' })
}

const divideScan = (plan: Plan): Plan => (plan.kind === 'replicated-scan' ? plan.scan : plan)

function replicateScan(plan: Plan): Plan {
  if (plan.kind !== 'scan') return plan
  const { id, types, live } = plan
  return { kind: 'replicated-scan', id, types, live, scan: plan } satisfies ReplicatedScan
}

const leavesOf = (plan: Plan): readonly Plan[] => {
  const children = childrenOf(plan)
  return children.length === 0 ? [plan] : children.flatMap(leavesOf)
}

/** Scans and VALUES under projections, filters and UNION ALL. */
function isFileChain(plan: Plan): boolean {
  if (plan.kind === 'scan' || plan.kind === 'replicated-scan' || plan.kind === 'values') return true
  const passes =
    plan.kind === 'project' || plan.kind === 'filter' ||
    (plan.kind === 'set-operation' && plan.operation === 'union' && plan.all)
  return passes && childrenOf(plan).every(isFileChain)
}

/** Ids of the UNION ALLs whose order is the answer's: only projections, filters, limits and unions above. */
export function orderedUnions(root: Plan): ReadonlySet<number> {
  const found = new Set<number>()
  const visit = (plan: Plan): void => {
    if (plan.kind === 'project' || plan.kind === 'filter' || plan.kind === 'limit') visit(plan.input)
    else if (plan.kind === 'set-operation' && plan.operation === 'union' && plan.all) {
      found.add(plan.id)
      plan.inputs.forEach(visit)
    }
  }
  visit(root)
  return found
}

function commonPartitioning(parts: readonly Fragment[]): Partitioning {
  const describe = ({ partitioning }: Fragment) => {
    if (partitioning.kind !== 'hash' && partitioning.kind !== 'aligned') return undefined
    const keys = partitioning.keys.map((key) => [...key].sort((a, b) => a - b).join(',')).join('|')
    return partitioning.kind === 'hash' ? keys : `${keys} at ${partitioning.borders.join(',')}`
  }
  const [first] = parts
  const text = first === undefined ? undefined : describe(first)
  const same = text !== undefined && parts.every((part) => describe(part) === text)
  return same && first !== undefined ? first.partitioning : { kind: 'any' }
}

export function combineInputs(
  plan: SetOperation,
  inputs: readonly Fragment[],
  partitioning: Partitioning,
): Fragment {
  return {
    plan: { ...plan, inputs: inputs.map((input) => input.plan) },
    partitioning,
    rows: inputs.reduce((sum, input) => sum + input.rows, 0),
    domainRows: inputs.reduce((sum, input) => sum + input.domainRows, 0),
  }
}
