/**
 * A job of which a task runs out of memory even alone, on the executor with most of it, is planned anew with more
 * and smaller partitions. Nothing of the old plan is kept: its stages divide rows otherwise.
 */
import type { WireError } from '@arbalest/common'
import type { ClusterFacts } from '@arbalest/plan'
import { usableExecutors } from './set-aside.js'
import type { AttemptPlace, ClusterState, Job } from './state.js'
import { cancelAttempts } from './task.js'
import { record, type Turn } from './turn.js'

/** How many times as many partitions the next plan has. */
const finerBy = 4

/** Whether there is somebody with more memory than the one on which an attempt has run out of it. */
export function hasMoreRoom(state: ClusterState, { attempt }: AttemptPlace): boolean {
  const { executorId } = attempt
  const had = executorId === undefined ? undefined : state.executors.get(executorId)
  const hadBytes = had?.announcement.memoryLimitBytes ?? 0
  return usableExecutors(state).some(({ announcement }) => announcement.memoryLimitBytes > hadBytes)
}

/** Plans the job anew, unless that was done as often as it may be, or the plan has nothing to divide. */
export function planFiner(turn: Turn, { job, stage, task }: AttemptPlace, error: WireError): boolean {
  const { cluster } = job
  if (cluster === undefined || turn.verdicts.has(job)) return false
  const { partitionsTimes = 1 } = cluster
  const times = partitionsTimes * finerBy
  const isUndivided = job.mode === 'whole' && partitionsTimes > 1
  if (isUndivided || times > turn.state.limits.partitionsTimesMax) return false
  for (const one of job.stages.values()) {
    for (const its of one.tasks) cancelAttempts(turn, { job, stage: one, task: its })
  }
  if (job.planning) turn.effects.push({ kind: 'stop-planning', jobId: job.id })
  const decision = {
    about: 'the plan',
    choice: `made anew for ${times} times as many partitions`,
    facts: `task ${task.spec.task} of stage ${stage.id} ran alone: ${error.message.replace(/\n[^]*/, '')}`,
  }
  beginAnew(job, { ...cluster, partitionsTimes: times })
  job.decisions.push(decision)
  turn.changed.add(job)
  record(turn, { kind: 'job-planned-anew', jobId: job.id, cluster: job.cluster, decision })
  return true
}

/** The job as it was before its first stage; numbers of stages are not used twice. */
export function beginAnew(job: Job, cluster: ClusterFacts | undefined): void {
  job.cluster = cluster
  job.stages.clear()
  job.planFinished = false
  job.planning = false
  job.planWanted = true
}
