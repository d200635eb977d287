/**
 * Joins over divided rows: side by side where both sides lie alike, else by broadcast or by dividing
 * both sides alike. The smaller side is written first, and its true size decides.
 */
import { assertNever, booleanType, present } from '@arbalest/common'
import {
  columnsUsed, type Expr, type Join, type JoinCondition, type JoinType, type Plan,
} from '@arbalest/plan'
import { distinctKeys } from './distinct-keys.js'
import { divideMarkJoin, markWithNulls } from './divide-mark-join.js'
import { distributeDelimSides } from './distribute-delim.js'
import { estimateJoin } from './estimate-join.js'
import { rowBytes } from './estimate.js'
import { align, broadcast, gather, materialize, readAll, repartition } from './exchange.js'
import { emptyFragment, foldEmpty, hasNoRows, noteFold } from './fold-empty.js'
import {
  isDivided, keepLive, movePartitioning, type Borders, type Distributed, type Fragment, type Partitioning,
} from './fragment.js'
import { hashesLeft } from './hash-side.js'
import { keyColumn } from './key-columns.js'
import { broadcastCost, divideCost, fitsBroadcast, isClearBroadcast } from './join-costs.js'
import { bordersOf, followed, isEquality, sameList } from './join-keys.js'
import type { UnfoldContext } from './unfold-context.js'
import { oneTaskParts } from '../undivided.js'

type Distribute = (plan: Plan, context: UnfoldContext) => Distributed
type Side = 'left' | 'right'

export function distributeJoin(plan: Join, context: UnfoldContext, distribute: Distribute): Distributed {
  const sides = plan.delim === undefined
    ? { left: distribute(plan.left, context), right: distribute(plan.right, context) }
    : distributeDelimSides(plan, context, distribute)
  if (sides === 'pending') return sides
  const folded = overEmptySide(plan, sides.left, sides.right, context)
  if (folded !== undefined) return folded
  if (sides.left === 'pending' || sides.right === 'pending') return 'pending'
  return joinFragments(plan, sides.left, sides.right, context)
}

/** Where a side has no rows: what the join comes to, which may do without the other side. */
function overEmptySide(plan: Join, left: Distributed, right: Distributed, context: UnfoldContext) {
  const known: Join = {
    ...plan,
    left: left === 'pending' ? plan.left : left.plan,
    right: right === 'pending' ? plan.right : right.plan,
  }
  const folded = foldEmpty(known)
  if (folded === undefined) return undefined
  noteFold(known, context)
  if (folded.kind !== 'project') return emptyFragment(folded)
  const [only, partitioning] = folded.input === known.left
    ? [left, left === 'pending' ? undefined : left.partitioning]
    : [right, right === 'pending' ? undefined : shift(plan, right.partitioning)]
  return only === 'pending' || partitioning === undefined ? 'pending' : { ...only, plan: folded, partitioning }
}

const mayBroadcastRight = (type: JoinType): boolean => type !== 'right' && type !== 'full'
/** The nearest of all right rows is told by who has all of them. */
const mayBroadcastLeft = ({ joinType, isAsof }: Join): boolean =>
  isAsof !== true && (joinType === 'inner' || joinType === 'right')

/**
 * What ties a subquery to its row. `x IN (…)` must see every NULL of the right side, wherever it lies, but no
 * rows that belong to others: only by this a mark join can be divided.
 */
const correlates = (condition: JoinCondition): boolean => condition.operator === 'IS NOT DISTINCT FROM'

function joinFragments(plan: Join, left: Fragment, right: Fragment, context: UnfoldContext): Distributed {
  if (!isDivided(left) && !isDivided(right)) {
    const replicated = left.partitioning.kind === 'replicated' && right.partitioning.kind === 'replicated'
    return joined(plan, left, right, { kind: replicated ? 'replicated' : 'single' }, context)
  }
  if (right.partitioning.kind === 'replicated' && mayBroadcastRight(plan.joinType)) {
    return joined(plan, left, right, left.partitioning, context)
  }
  if (left.partitioning.kind === 'replicated' && mayBroadcastLeft(plan)) {
    return joined(plan, left, right, shift(plan, right.partitioning), context)
  }
  const equalities = plan.conditions.filter(plan.joinType === 'mark' ? correlates : isEquality)
  if (equalities.length === 0) return joinMarked(plan, left, right, context)
  const leftFollows = followed(left, equalities, 'left')
  const rightFollows = followed(right, equalities, 'right')
  if (sameList(leftFollows, rightFollows) && bordersOf(left) === bordersOf(right)) {
    context.decide({ about: `join ${plan.id}`, choice: 'side by side', facts: 'both sides are divided by the keys' })
    return joined(plan, left, right, dividedOutput(plan, left, right), context)
  }
  return joinBySize(plan, { left, right }, equalities, { left: leftFollows, right: rightFollows }, context)
}

/** `IN` over large sides; else what has no equality that divides it. */
function joinMarked(plan: Join, left: Fragment, right: Fragment, context: UnfoldContext): Distributed {
  const sides = divideMarkJoin(plan, left, right, context)
  if (sides === undefined) return joinByBroadcast(plan, left, right, context)
  if (sides === 'pending') return sides
  const { hasNulls } = sides
  const folded = overEmptySide(plan, sides.left, sides.right, context)
  if (folded !== undefined) return folded
  // What tells the mark reads the key, whoever else wants it.
  const used = new Set([...plan.live, ...columnsUsed(plan.conditions.map((condition) => condition.left))])
  const whole = hasNulls === undefined ? plan : { ...plan, live: [...used].sort((a, b) => a - b) }
  const join = joined(whole, sides.left, sides.right, sides.left.partitioning, context)
  if (hasNulls === undefined) return join
  const told = markWithNulls(plan, join, hasNulls, context)
  return { ...told, partitioning: keepLive(told.partitioning, plan.live) }
}

/** Without an equality: the right side to everyone if the join allows, else the left one, else one task. */
function joinByBroadcast(plan: Join, left: Fragment, right: Fragment, context: UnfoldContext): Distributed {
  const { joinType } = plan
  const rightCan = mayBroadcastRight(joinType)
  const leftCan = mayBroadcastLeft(plan)
  const preferLeft = leftCan && isDivided(right) && left.rows < right.rows
  if (rightCan && !preferLeft) {
    const keys = distinctKeys(plan, right, context)
    const all = broadcast(context, keys, { key: `${plan.id}:right`, reason: 'right side of join' })
    return all === 'pending' ? all : joined(plan, left, all, left.partitioning, context)
  }
  if (leftCan) {
    const all = broadcast(context, left, { key: `${plan.id}:left`, reason: 'left side of join' })
    return all === 'pending' ? all : joined(plan, all, right, shift(plan, right.partitioning), context)
  }
  const { reason } = oneTaskParts.outerJoin
  const one = gather(context, left, { key: `${plan.id}:left`, reason })
  const two = gather(context, right, { key: `${plan.id}:right`, reason })
  if (one === 'pending' || two === 'pending') return 'pending'
  return joined(plan, one, two, { kind: 'single' }, context)
}

interface Sized {
  readonly plan: Join
  readonly smallSide: Side
  readonly small: Fragment
  readonly large: Fragment
  readonly equalities: readonly JoinCondition[]
  /** Positions of the equalities whose keys divide the sides. */
  readonly keys: readonly number[]
  /** The borders at which the sides are divided by the one key's value; without them by hash. */
  readonly borders: Borders | undefined
  readonly largeInPlace: boolean
  readonly mayBroadcast: boolean
}

function joinBySize(
  plan: Join,
  sides: Readonly<Record<Side, Fragment>>,
  equalities: readonly JoinCondition[],
  follows: Readonly<Record<Side, readonly number[] | undefined>>,
  context: UnfoldContext,
): Distributed {
  const bytes = (fragment: Fragment) => fragment.rows * rowBytes(fragment.plan)
  const right = follows.right === undefined ? distinctKeys(plan, sides.right, context) : sides.right
  const smallSide: Side = bytes(right) <= bytes(sides.left) ? 'right' : 'left'
  const largeSide: Side = smallSide === 'right' ? 'left' : 'right'
  const largeFollows = isDivided(sides[largeSide]) ? follows[largeSide] : undefined
  const smallFollows = follows[smallSide]
  const divided = largeFollows !== undefined ? largeSide : smallFollows !== undefined ? smallSide : undefined
  const sized: Sized = {
    plan,
    smallSide,
    small: smallSide === 'right' ? right : sides.left,
    large: sides[largeSide],
    equalities,
    keys: largeFollows ?? smallFollows ?? equalities.map((_, index) => index),
    borders: divided === undefined ? undefined : bordersOf(sides[divided]),
    largeInPlace: largeFollows !== undefined,
    mayBroadcast: smallSide === 'right' ? mayBroadcastRight(plan.joinType) : mayBroadcastLeft(plan),
  }
  const inPlace = sameList(smallFollows, sized.keys) && bordersOf(sides[smallSide]) === sized.borders
  if (inPlace && !worthWriting(sized, context)) return divideLarge(sized, sized.small, context)
  return writeSmall(sized, context)
}

/**
 * A small side that lies divided by the keys already need not be written to be joined. It is written all
 * the same where a broadcast clearly saves dividing the large side, and below a HAVING, whose effect no
 * estimate knows.
 */
function worthWriting(sized: Sized, context: UnfoldContext): boolean {
  if (!sized.mayBroadcast || sized.largeInPlace || sized.small.plan.kind === 'shuffle-read') return false
  return isClear(sized, context) || isFilteredAggregate(sized.small.plan)
}

const isClear = (sized: Sized, context: UnfoldContext): boolean =>
  sized.mayBroadcast && isClearBroadcast(sized.small, divideCost(sized.large, sized.largeInPlace), context)

function isFilteredAggregate(plan: Plan): boolean {
  let below = plan
  let filtered = false
  while (below.kind === 'project' || below.kind === 'filter') {
    filtered ||= below.kind === 'filter'
    below = below.input
  }
  return filtered && (below.kind === 'aggregate' || below.kind === 'final-aggregate')
}

/** The smaller side is written, divided unless a broadcast is clear; then its true size decides. */
function writeSmall(sized: Sized, context: UnfoldContext): Distributed {
  const { plan, small, mayBroadcast } = sized
  const about = `join ${plan.id}`
  const request = { key: `${plan.id}:build`, reason: `${sized.smallSide} side of join, the smaller one` }
  const mayStay = small.plan.kind === 'shuffle-read' || isFilteredAggregate(small.plan)
  const undivided = isClear(sized, context) || (mayBroadcast && mayStay)
  const written = undivided
    ? materialize(context, small, { ...request, exchange: 'broadcast' })
    : divideSmall(sized, small, request, context)
  if (written === 'pending') return written
  if (hasNoRows(written.plan)) {
    const [left, right] = sized.smallSide === 'left' ? [written, sized.large] : [sized.large, written]
    return present(overEmptySide(plan, left, right, context), 'a join does without a side that has no rows')
  }
  const pays = broadcastCost(written, context) <= divideCost(sized.large, sized.largeInPlace)
  const facts = `${Math.round(written.rows)} rows against ${Math.round(sized.large.rows)}`
  const isRead = written.plan.kind === 'shuffle-read'
  if (mayBroadcast && isRead && fitsBroadcast(written, context) && pays) {
    context.decide({ about, choice: `broadcast the ${sized.smallSide} side`, facts })
    return place(sized, readAll(written), sized.large, context)
  }
  context.decide({ about, choice: 'divide both sides', facts })
  if (!undivided || keysDivide(sized, written)) return divideLarge(sized, written, context)
  const divided = divideSmall(sized, written, { ...request, key: `${plan.id}:rebuild` }, context)
  return divided === 'pending' ? divided : divideLarge(sized, divided, context)
}

function divideSmall(
  sized: Sized,
  side: Fragment,
  request: { readonly key: string; readonly reason: string },
  context: UnfoldContext,
): Distributed {
  const name = sized.smallSide
  return divideByKeys(sized, withoutNullKeys(sized, side, name, context), name, request, context)
}

/** By the keys' hash, or by value where the other side lies so. */
function divideByKeys(
  sized: Sized,
  side: Fragment,
  name: Side,
  request: { readonly key: string; readonly reason: string },
  context: UnfoldContext,
): Distributed {
  const keys = sideKeys(sized, name)
  const [key] = keys
  return sized.borders === undefined || key === undefined
    ? repartition(context, side, keys, request)
    : align(context, side, key, sized.borders, request)
}

/** Whether the written side lies divided by the join's keys. */
const keysDivide = (sized: Sized, side: Fragment): boolean =>
  sameList(followed(side, sized.equalities, sized.smallSide), sized.keys) && bordersOf(side) === sized.borders

/**
 * Rows whose key is NULL match nothing: where the join drops what has no match they need not travel, and
 * would all meet in one task.
 */
function withoutNullKeys(sized: Sized, side: Fragment, name: Side, context: UnfoldContext): Fragment {
  const { joinType } = sized.plan
  const drops: Readonly<Record<Side, readonly JoinType[]>> = {
    left: ['inner', 'semi', 'right'],
    right: ['inner', 'semi', 'anti', 'left', 'single'],
  }
  if (!drops[name].includes(joinType)) return side
  const predicates = sized.equalities.filter(({ operator }) => operator === '=').map((condition): Expr => ({
    kind: 'operator',
    operator: 'is-not-null',
    args: [condition[name]],
    type: booleanType,
  }))
  if (predicates.length === 0) return side
  const { types, live } = side.plan
  return { ...side, plan: { kind: 'filter', id: context.freshId(), types, live, input: side.plan, predicates } }
}

const sideKeys = (sized: Sized, side: Side): readonly Expr[] =>
  sized.keys.map((index) => present(sized.equalities[index], 'keys are positions of equalities')[side])

/** The small side lies divided; the large one is divided alike, without the rows that cannot match. */
function divideLarge(sized: Sized, small: Fragment, context: UnfoldContext): Distributed {
  if (sized.largeInPlace) return place(sized, small, sized.large, context)
  const largeSide: Side = sized.smallSide === 'right' ? 'left' : 'right'
  const reduced = withoutNullKeys(sized, reduceByKeys(sized, small, context), largeSide, context)
  const request = { key: `${sized.plan.id}:probe`, reason: `${largeSide} side of join, the larger one` }
  const divided = divideByKeys(sized, reduced, largeSide, request, context)
  return divided === 'pending' ? divided : place(sized, small, divided, context)
}

/**
 * Where the join drops rows of the large side without a match, and the small side has lost most of its
 * rows to filters, a semi join with its keys makes the exchange smaller.
 */
function reduceByKeys(sized: Sized, small: Fragment, context: UnfoldContext): Fragment {
  const { plan, large, smallSide, equalities } = sized
  const drops: readonly JoinType[] =
    smallSide === 'right' ? ['inner', 'semi'] : ['inner', 'left', 'single', 'semi', 'anti']
  const worthwhile = small.rows < large.rows * 0.3 && small.rows < small.domainRows * 0.5
  const applicable = drops.includes(plan.joinType) && small.plan.kind === 'shuffle-read'
  if (!worthwhile || !applicable || !isDivided(large) || large.plan.kind === 'shuffle-read') return large
  if (equalities.some((condition) => condition.operator !== '=')) return large
  const largeSide: Side = smallSide === 'right' ? 'left' : 'right'
  const used = columnsUsed(equalities.map((condition) => condition[smallSide]))
  const keys = readAll({ ...small, plan: { ...small.plan, live: [...used].sort((a, b) => a - b) } })
  context.decide({
    about: `join ${plan.id}`,
    choice: `reduce the ${largeSide} side by the keys of the ${smallSide} side`,
    facts: `${Math.round(small.rows)} keys`,
  })
  const reduction: Join = {
    kind: 'join',
    id: context.freshId(),
    types: large.plan.types,
    live: large.plan.live,
    joinType: 'semi',
    left: large.plan,
    right: keys.plan,
    conditions: equalities.map((c) => ({ left: c[largeSide], right: c[smallSide], operator: '=' })),
    residual: [],
    delim: undefined,
  }
  const share = Math.min(1, small.rows / Math.max(1, small.domainRows))
  return { ...large, plan: reduction, rows: large.rows * share }
}

/** Both sides back in their places. */
function place(sized: Sized, small: Fragment, large: Fragment, context: UnfoldContext): Fragment {
  const [left, right] = sized.smallSide === 'right' ? [large, small] : [small, large]
  const { plan } = sized
  if (right.partitioning.kind === 'replicated') return joined(plan, left, right, left.partitioning, context)
  if (left.partitioning.kind === 'replicated') {
    return joined(plan, left, right, shift(plan, right.partitioning), context)
  }
  return joined(plan, left, right, dividedOutput(plan, left, right), context)
}

/** Positions of the right side's columns in the join's output. */
function shift(plan: Join, partitioning: Partitioning): Partitioning {
  const width = plan.left.types.length
  return movePartitioning(partitioning, (column) => [column + width])
}

/** How the output lies when both sides are divided alike: as the side whose rows are all kept. */
function dividedOutput(plan: Join, left: Fragment, right: Fragment): Partitioning {
  switch (plan.joinType) {
    case 'full': return { kind: 'any' }
    case 'right': return shift(plan, right.partitioning)
    case 'inner': case 'left': case 'semi': case 'anti': case 'mark': case 'single': return left.partitioning
  }
  return assertNever(plan.joinType)
}

function joined(
  plan: Join,
  left: Fragment,
  right: Fragment,
  partitioning: Partitioning,
  context: UnfoldContext,
): Fragment {
  const widened = plan.joinType === 'inner' ? withEqualColumns(plan, partitioning) : partitioning
  const turned = hashesLeft(left, right) ? { hashesLeft: true } : {}
  return {
    plan: { ...plan, left: left.plan, right: right.plan, delim: undefined, ...turned },
    partitioning: keepLive(widened, plan.live),
    ...estimateJoin(plan, left, right, context),
  }
}

/** In an inner join a key column and the column it is compared with are equal: either names the division. */
function withEqualColumns(plan: Join, partitioning: Partitioning): Partitioning {
  if (partitioning.kind !== 'hash' && partitioning.kind !== 'aligned') return partitioning
  const width = plan.left.types.length
  const keys = partitioning.keys.map((key) => {
    const all = new Set(key)
    for (const condition of plan.conditions.filter(isEquality)) {
      const left = keyColumn(condition.left)
      const right = keyColumn(condition.right)
      if (left === undefined || right === undefined) continue
      if (all.has(left)) all.add(right + width)
      if (all.has(right + width)) all.add(left)
    }
    return all
  })
  return { ...partitioning, keys }
}
