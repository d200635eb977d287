/**
 * Whose attempt is placed next: max-min fairness by the slots in use. Between pools these are divided by the pools'
 * weights; within a pool the job of the highest priority goes first, then the one with fewest slots, then the one
 * whose turn it is longest.
 *
 * Source: A. Ghodsi et al., "Dominant Resource Fairness", NSDI 2011, for one resource with weights.
 */
import { present, queryError, type WireError } from '@arbalest/common'
import { defaultPool, type PoolRules } from './pool-rules.js'
import type { ClusterState, Job } from './state.js'

/** Why a job of that pool is refused; `undefined` where there is such a pool. */
export function poolError({ pools }: ClusterState, pool: string | undefined): WireError | undefined {
  if (pool === undefined || pools.has(pool)) return undefined
  const reason = `the pools are ${[...pools.keys()].join(', ')}`
  return queryError('INVALID_SETTING', { name: 'arbalest.pool', value: pool, reason }).toWire()
}

/** Whether jobs of its pool may have another slot. */
export function poolHasRoom(state: ClusterState, job: Job): boolean {
  const poolOf = ({ submission: { pool = defaultPool } }: Job): string => (state.pools.has(pool) ? pool : defaultPool)
  const own = poolOf(job)
  const slotsMax = state.pools.get(own)?.slotsMax
  if (slotsMax === undefined) return true
  let used = 0
  for (const other of state.live.values()) if (poolOf(other) === own) used += other.slotsUsed
  return used < slotsMax
}

interface Share {
  readonly rules: PoolRules
  readonly jobs: Job[]
  /** Slots that jobs of the pool use. */
  used: number
}

/**
 * Offers slots to the jobs that have open tasks, one after the other, while `hasRoom`. `place` tells whether it has
 * placed an attempt of the job; a job for which it has not is not asked again.
 */
export function shareSlots(state: ClusterState, hasRoom: () => boolean, place: (job: Job) => boolean): void {
  if (!hasRoom()) return
  const shares = sharesOf(state)
  while (hasRoom()) {
    const share = leastServed(shares)
    const job = share && nextOf(share.jobs)
    if (share === undefined || job === undefined) return
    if (place(job)) share.used += 1
    else share.jobs.splice(share.jobs.indexOf(job), 1)
  }
}

function sharesOf(state: ClusterState): readonly Share[] {
  const shares = new Map<string, Share>()
  for (const [name, rules] of state.pools) shares.set(name, { rules, jobs: [], used: 0 })
  for (const job of jobsInTurn(state)) {
    // A pool that is gone since the job was taken, before a restart, is as the default one.
    const share = shares.get(job.submission.pool ?? defaultPool) ?? shares.get(defaultPool)
    const known = present(share, 'there is always a default pool')
    known.used += job.slotsUsed
    if (hasOpenTasks(job)) known.jobs.push(job)
  }
  return [...shares.values()].filter(({ jobs }) => jobs.length > 0)
}

/** Whether anybody would take a slot. */
export function wantsSlots(state: ClusterState): boolean {
  for (const job of state.live.values()) if (hasOpenTasks(job)) return true
  return false
}

/** The live jobs, beginning behind the one that was served last. */
function jobsInTurn(state: ClusterState): readonly Job[] {
  const jobs = [...state.live.values()]
  const last = jobs.findIndex((job) => job.id === state.lastServed)
  return [...jobs.slice(last + 1), ...jobs.slice(0, last + 1)]
}

/** Tasks of stages that wait for others are nobody's yet. */
function hasOpenTasks(job: Job): boolean {
  for (const stage of job.stages.values()) {
    if (stage.open.size > 0 && stage.producers.every((id) => job.stages.get(id)?.facts !== undefined)) return true
  }
  return false
}

function leastServed(shares: readonly Share[]): Share | undefined {
  let least: Share | undefined
  for (const share of shares) {
    const { rules, jobs, used } = share
    if (jobs.length === 0 || used >= (rules.slotsMax ?? Infinity)) continue
    if (least === undefined || used / rules.weight < least.used / least.rules.weight) least = share
  }
  return least
}

function nextOf(jobs: readonly Job[]): Job | undefined {
  let next: Job | undefined
  for (const job of jobs) if (next === undefined || goesBefore(job, next)) next = job
  return next
}

/** Of equals the first in turn stays. */
function goesBefore(job: Job, other: Job): boolean {
  const higher = job.submission.priority - other.submission.priority
  return higher === 0 ? job.slotsUsed < other.slotsUsed : higher > 0
}
