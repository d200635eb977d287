/**
 * Windows over divided rows: side by side where `PARTITION BY` divides them, else over ranges of their order,
 * else in one task. Calls that want different divisions are computed one after the other.
 */
import { present, type DataType } from '@arbalest/common'
import { typeOf, type Expr, type Plan, type Window } from '@arbalest/plan'
import { canBorder } from './border-rows.js'
import { gather, repartition } from './exchange.js'
import { finishLocally } from './finish-locally.js'
import { isDivided, keysWithin, type Distributed, type Fragment } from './fragment.js'
import { keyColumn } from './key-columns.js'
import { rangedCall } from './ranged-calls.js'
import { wantedCalls, windowOverRanges, type WantedCall } from './ranged-window.js'
import type { UnfoldContext } from './unfold-context.js'
import { oneTaskParts } from '../undivided.js'

export function windowOver(plan: Window, input: Fragment, context: UnfoldContext): Distributed {
  const over = (fragment: Fragment): Fragment => ({ ...fragment, plan: { ...plan, input: fragment.plan } })
  const wanted = wantedCalls(plan)
  const groups = groupedCalls(wanted, canBorder([...liveTypes(plan.input), ...wanted.map(({ call }) => call.type)]))
  const [first] = groups
  if (!isDivided(input) || first === undefined) return over(input)
  if (groups.some((group) => !group.isRanged && group.common.length === 0)) {
    const { reason } = oneTaskParts.window
    const all = gather(context, input, { key: `${plan.id}:window`, reason })
    return all === 'pending' ? all : over(all)
  }
  return groups.length === 1 ? windowOfOneGroup(plan, first, 'window', input, context)
    : oneAfterTheOther(plan, groups, input, context)
}

/** Calls that are computed over one division of the rows. */
interface CallGroup {
  readonly calls: readonly WantedCall[]
  /** Expressions that are in every `PARTITION BY`. */
  readonly common: readonly Expr[]
  /** Whether all can be computed over ranges of one order. */
  readonly isRanged: boolean
}

const liveTypes = ({ types, live }: Plan): readonly DataType[] =>
  live.map((index) => present(types[index], 'live columns have types'))

/** Each call joins the first group that it can. `hasBorders`: rows at the borders of ranges can be told apart. */
function groupedCalls(calls: readonly WantedCall[], hasBorders: boolean): readonly CallGroup[] {
  const groups: CallGroup[] = []
  for (const wanted of calls) {
    const own = groupOf(wanted, hasBorders)
    const joined = groups.map((group) => joinedGroup(group, own))
    const at = joined.findIndex((group) => group !== undefined)
    groups[at < 0 ? groups.length : at] = joined[at] ?? own
  }
  return groups
}

function groupOf(wanted: WantedCall, hasBorders: boolean): CallGroup {
  const { partitions } = wanted.call
  const form = partitions.length === 0 ? rangedCall(wanted.call) : undefined
  const isRanged = form !== undefined && (hasBorders || form.bordered.length === 0)
  return { calls: [wanted], common: partitions, isRanged }
}

function joinedGroup(group: CallGroup, own: CallGroup): CallGroup | undefined {
  const calls = [...group.calls, ...own.calls]
  const common = group.common.filter((expr) => own.common.some((other) => sameExprs(other, expr)))
  if (common.length > 0) return { calls, common, isRanged: false }
  const orders = (of: readonly WantedCall[]) => of.map(({ call }) => call.orders).find((items) => items.length > 0)
  const [order, ownOrder] = [orders(group.calls), orders(own.calls)]
  const isAlike = order === undefined || ownOrder === undefined || sameExprs(order, ownOrder)
  return group.isRanged && own.isRanged && isAlike ? { calls, common, isRanged: true } : undefined
}

const sameExprs = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

function windowOfOneGroup(
  plan: Window,
  { common, isRanged }: CallGroup,
  word: string,
  input: Fragment,
  context: UnfoldContext,
): Distributed {
  const over = (fragment: Fragment): Fragment => ({ ...fragment, plan: { ...plan, input: fragment.plan } })
  if (!isDivided(input)) return over(input)
  if (isRanged) return windowOverRanges(plan, word, input, context)
  const columns = new Set(common.flatMap((expr) => keyColumn(expr) ?? []))
  if (keysWithin(input.partitioning, columns)) return over(input)
  const divided = repartition(context, input, common, { key: `${plan.id}:${word}`, reason: 'rows by PARTITION BY' })
  return divided === 'pending' ? divided : over(divided)
}

/** Each group adds its columns to the rows of the one before; a projection puts them where they belong. */
function oneAfterTheOther(
  plan: Window,
  groups: readonly CallGroup[],
  input: Fragment,
  context: UnfoldContext,
): Distributed {
  const places = new Map<number, number>()
  let rows = input
  for (const [index, group] of groups.entries()) {
    const below = rows.plan
    const width = below.types.length
    const calls = group.calls.map(({ call }) => call)
    group.calls.forEach(({ column }, at) => void places.set(column, width + at))
    const step: Window = {
      kind: 'window',
      id: plan.id,
      types: [...below.types, ...calls.map(typeOf)],
      live: [...below.live, ...calls.map((_, at) => width + at)],
      input: below,
      calls,
    }
    const word = index === 0 ? 'window' : `window${index + 1}`
    const done = windowOfOneGroup(step, group, word, rows, context)
    if (done === 'pending') return done
    rows = finishLocally(context, done) ?? done
  }
  const exprs = plan.types.map((type, index): Expr => {
    const place = index < plan.input.types.length ? index : places.get(index)
    return place === undefined
      ? { kind: 'constant', type, value: { kind: 'null' } }
      : { kind: 'column', index: place, type: present(rows.plan.types[place], 'a call has its column') }
  })
  const { types, live } = plan
  return { ...rows, plan: { kind: 'project', id: context.freshId(), types, live, input: rows.plan, exprs } }
}
