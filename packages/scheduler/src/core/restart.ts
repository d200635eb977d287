/** A scheduler that goes on from its log: everybody gets time to come back, and what is missing runs again. */
import { clusterFactsOf } from '@arbalest/plan'
import { waitForExecutors } from './executor.js'
import { awaitClient, forgetEnded } from './job.js'
import { onAttemptLost, restore } from './recovery.js'
import { type ClusterState, findAttempt, isOnExecutor, type Job, underWay } from './state.js'
import { startTimer, type Turn } from './turn.js'

/** The state has been replayed: no timer runs, no executor is attached. */
export function onRestarted(turn: Turn): void {
  const { state, atMs } = turn
  const { restartGraceMs, resultRetentionMs } = state.limits
  for (const { id: executorId, state: its } of state.executors.values()) {
    if (its === 'suspect') startTimer(turn, { kind: 'reattach', executorId }, restartGraceMs)
  }
  waitForExecutors(turn)
  // The end of the last one may be in the log without what followed from it.
  forgetEnded(turn)
  for (const jobId of state.ended) {
    // Who was about to read it gets the whole time again.
    const isKept = state.jobs.get(jobId)?.result?.released === false
    if (isKept) startTimer(turn, { kind: 'retention', jobId }, resultRetentionMs)
  }
  for (const job of state.live.values()) {
    turn.changed.add(job)
    const { timeoutMs } = job.submission
    if (timeoutMs !== undefined) {
      const leftMs = Math.max(job.submittedMs + timeoutMs - atMs, 0)
      startTimer(turn, { kind: 'job-timeout', jobId: job.id }, leftMs)
    }
    awaitClient(turn, job)
    expectSameCluster(state, job)
    loseStrays(turn, job)
    restore(turn, job)
  }
}

/** A job that has no plan yet is planned for those who were there, not for who is back first. */
function expectSameCluster(state: ClusterState, job: Job): void {
  const awaited = [...state.executors.values()].filter((executor) => executor.state === 'suspect')
  if (awaited.length > 0) job.cluster ??= clusterFactsOf(awaited.map(({ announcement }) => announcement))
}

/** Attempts on executors that nobody knows any more. */
function loseStrays(turn: Turn, job: Job): void {
  for (const stage of job.stages.values()) {
    for (const attempt of stage.tasks.flatMap(underWay)) {
      if (attempt.executorId === undefined || !isOnExecutor(attempt)) continue
      const executor = turn.state.executors.get(attempt.executorId)
      const place = findAttempt(turn.state, attempt.id)
      if (executor?.state !== 'suspect' && place) onAttemptLost(turn, place, 'its executor is not known')
    }
  }
}
