/** Operators that give rows another number, and those that count rows over all tasks. */
import type { ComputedLimit, Plan, PositionalJoin, Sample, TableFunction, Unnest } from '@arbalest/plan'
import { gather } from './exchange.js'
import { movePartitioning, type Distributed } from './fragment.js'
import type { UnfoldContext } from './unfold-context.js'
import { oneTaskParts } from '../undivided.js'

type Distribute = (plan: Plan, context: UnfoldContext) => Distributed

/** Rows of an unnested list, and of a table function whose arguments do not say it. */
const rowsOfList = 3
const rowsOfCall = 10

export function distributeUnnest(plan: Unnest, context: UnfoldContext, distribute: Distribute): Distributed {
  const input = distribute(plan.input, context)
  if (input === 'pending') return input
  return { ...input, plan: { ...plan, input: input.plan }, rows: input.rows * rowsOfList }
}

export function distributeTableFunction(
  plan: TableFunction, context: UnfoldContext, distribute: Distribute,
): Distributed {
  const input = distribute(plan.input, context)
  if (input === 'pending') return input
  const own = plan.types.length - plan.passed.length
  const outputsOf = (column: number) => plan.passed.flatMap((from, i) => (from === column ? [own + i] : []))
  const rows = input.rows * rowsOf(plan)
  return {
    plan: { ...plan, input: input.plan },
    partitioning: movePartitioning(input.partitioning, outputsOf),
    rows,
    domainRows: rows,
  }
}

/** What `range` counts through, where its borders are constants. */
function rowsOf({ name, args }: TableFunction): number {
  const [list] = args
  if (name === 'unnest' && list?.kind === 'constant' && list.value.kind === 'list') return list.value.items.length
  if (name !== 'range' && name !== 'generate_series') return rowsOfCall
  const [first, second, third] = args.map((arg) =>
    arg.kind === 'constant' && arg.value.kind === 'text' ? Number(arg.value.text) : NaN)
  const [from, to, step] = second === undefined ? [0, first, 1] : [first, second, third ?? 1]
  const rows = Math.ceil(((to ?? NaN) - (from ?? NaN)) / step)
  return Number.isFinite(rows) ? Math.max(0, rows) : rowsOfCall
}

/** A share of the rows is taken in each task; a number of rows, or a repeatable choice, in one. */
export function distributeSample(plan: Sample, context: UnfoldContext, distribute: Distribute): Distributed {
  const isShare = plan.size.unit === 'percent' && plan.method !== 'reservoir' && plan.seed === undefined
  if (!isShare) return inOneTask(plan, context, distribute, oneTaskParts.sample.reason)
  const input = distribute(plan.input, context)
  if (input === 'pending') return input
  return { ...input, plan: { ...plan, input: input.plan }, rows: (input.rows * plan.size.count) / 100 }
}

export function inOneTask(
  plan: Sample | ComputedLimit, context: UnfoldContext, distribute: Distribute, reason: string,
): Distributed {
  const input = distribute(plan.input, context)
  if (input === 'pending') return input
  const all = gather(context, input, { key: `${plan.id}:all`, reason })
  return all === 'pending' ? all : { ...all, plan: { ...plan, input: all.plan } }
}

/** Both sides in their order: that of their files where they are scans. */
export function distributePositionalJoin(
  plan: PositionalJoin, context: UnfoldContext, distribute: Distribute,
): Distributed {
  const [left, right] = (['left', 'right'] as const).map((side) => {
    const input = distribute(plan[side], context)
    if (input === 'pending') return input
    return gather(context, input, { key: `${plan.id}:${side}`, reason: oneTaskParts.positionalJoin.reason })
  })
  if (left === undefined || right === undefined || left === 'pending' || right === 'pending') return 'pending'
  return {
    plan: { ...plan, left: left.plan, right: right.plan },
    partitioning: { kind: 'single' },
    rows: Math.max(left.rows, right.rows),
    domainRows: Math.max(left.domainRows, right.domainRows),
  }
}
