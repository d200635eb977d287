/**
 * Exchanges: where a fragment ends and its rows change place. An exchange is a stage; until that stage
 * has finished, everything above it is pending.
 */
import type { Expr, ExchangeKind, ShuffleRead } from '@arbalest/plan'
import { emptyFragment, foldedChoice, hasNoRows } from './fold-empty.js'
import { isDivided, type Borders, type Distributed, type Fragment, type Partitioning } from './fragment.js'
import { keySets } from './key-columns.js'
import type { UnfoldContext } from './unfold-context.js'

export interface ExchangeRequest {
  /** Names the exchange among those of the plan: the operator's id and a word. */
  readonly key: string
  readonly exchange: ExchangeKind
  readonly reason: string
}

/** Where it was: task n of the reader goes on with what task n wrote. */
export interface WrittenRequest extends ExchangeRequest {
  /** Whether all readers will take the rows of all tasks: then the tasks bind nobody. Default false. */
  readonly isReadWhole?: boolean
  /** Whether rows that differ in the last bits when they are computed again would be misplaced. Default false. */
  readonly mustBeSame?: boolean
}

/**
 * How a stage divides its output, if it does: by hash or, with `borders`, by the value of the one key; or by the
 * numbers in a column, which ascend by range.
 */
export interface OutputDivision {
  readonly hashKeys?: readonly Expr[] | undefined
  readonly borders?: Borders
  readonly partitionColumn?: number
}

/** Runs the fragment as a stage and reads its output; without a `division` it stays as its tasks wrote it. */
export function runStage(
  context: UnfoldContext,
  fragment: Fragment,
  { isReadWhole = false, ...request }: WrittenRequest,
  { hashKeys, borders, partitionColumn }: OutputDivision = {},
): Distributed {
  const progress = context.progressOf(request.key)
  const isRanged = partitionColumn !== undefined
  const isDividedAnew = hashKeys !== undefined || isRanged
  const isContinued = !isDividedAnew && !isReadWhole
  if (progress.kind === 'unpublished') {
    context.publish({ ...request, fragment, hashKeys, borders, partitionColumn, isContinued })
  }
  if (progress.kind !== 'finished') return 'pending'
  const { rows, bytes } = progress.facts
  if (rows === 0) {
    context.decide({ about: `stage ${progress.stageId}`, choice: foldedChoice, facts: 'it wrote no rows' })
    return emptyFragment(fragment.plan)
  }
  const divided = isDividedAnew || isDivided(fragment)
  const read: ShuffleRead = {
    kind: 'shuffle-read',
    id: context.freshId(),
    stageId: progress.stageId,
    mode: isDividedAnew ? 'partition' : divided ? 'task' : 'all',
    ...(isRanged ? { isRanged } : {}),
    types: fragment.plan.types,
    live: fragment.plan.live,
  }
  const domainRows = Math.max(fragment.domainRows, rows)
  const partitioning: Partitioning = isRanged ? { kind: 'any' } : partitioningAfter(fragment, hashKeys, borders)
  return { plan: read, partitioning, rows, domainRows, writtenBytes: bytes }
}

function partitioningAfter(
  fragment: Fragment,
  hashKeys: readonly Expr[] | undefined,
  borders: Borders | undefined,
): Partitioning {
  if (hashKeys === undefined) {
    return isDivided(fragment) ? fragment.partitioning : { kind: 'replicated' }
  }
  const keys = keySets(hashKeys)
  if (keys === undefined) return { kind: 'any' }
  return borders === undefined ? { kind: 'hash', keys } : { kind: 'aligned', keys, borders }
}

/** Divides the fragment's rows by hash of `keys`. */
export function repartition(
  context: UnfoldContext,
  fragment: Fragment,
  keys: readonly Expr[],
  request: Omit<ExchangeRequest, 'exchange'>,
): Distributed {
  if (fragment.partitioning.kind === 'replicated') return pickOwnRows(context, fragment, keys)
  return runStage(context, fragment, { ...request, exchange: 'hash' }, { hashKeys: keys })
}

/** Divides the fragment's rows by the values of `key` at `borders`, as scans that are divided so. */
export function align(
  context: UnfoldContext,
  fragment: Fragment,
  key: Expr,
  borders: Borders,
  request: Omit<ExchangeRequest, 'exchange'>,
): Distributed {
  return runStage(context, fragment, { ...request, exchange: 'hash' }, { hashKeys: [key], borders })
}

/** Every task takes its partitions of rows that all tasks have: an exchange without a stage. */
export function pickOwnRows(
  context: UnfoldContext,
  fragment: Fragment,
  keys: readonly Expr[] | undefined,
): Fragment {
  if (hasNoRows(fragment.plan)) return fragment
  const sets = keys === undefined ? undefined : keySets(keys)
  return {
    ...fragment,
    plan: {
      kind: 'pick',
      id: context.freshId(),
      input: fragment.plan,
      keys,
      partitions: context.partitions,
      types: fragment.plan.types,
      live: fragment.plan.live,
    },
    partitioning: sets === undefined ? { kind: 'any' } : { kind: 'hash', keys: sets },
  }
}

/** Writes the fragment's rows down, divided as they are. What is written already stays. */
export function materialize(
  context: UnfoldContext,
  fragment: Fragment,
  request: WrittenRequest,
): Distributed {
  if (fragment.plan.kind === 'shuffle-read') return fragment
  return runStage(context, fragment, request)
}

/** What a finished stage wrote, read whole by every task. */
export function readAll(fragment: Fragment): Fragment {
  if (fragment.plan.kind !== 'shuffle-read') return fragment
  return { ...fragment, plan: { ...fragment.plan, mode: 'all' }, partitioning: { kind: 'replicated' } }
}

/** All rows for every task. */
export function broadcast(
  context: UnfoldContext,
  fragment: Fragment,
  request: Omit<ExchangeRequest, 'exchange'>,
): Distributed {
  if (fragment.partitioning.kind === 'replicated') return fragment
  const written = materialize(context, fragment, { ...request, exchange: 'broadcast', isReadWhole: true })
  return written === 'pending' ? written : readAll(written)
}

/** All rows in one task. */
export function gather(
  context: UnfoldContext,
  fragment: Fragment,
  request: Omit<ExchangeRequest, 'exchange'>,
): Distributed {
  if (!isDivided(fragment)) return { ...fragment, partitioning: { kind: 'single' } }
  const written = materialize(context, fragment, { ...request, exchange: 'gather', isReadWhole: true })
  return written === 'pending' ? written : { ...readAll(written), partitioning: { kind: 'single' } }
}
