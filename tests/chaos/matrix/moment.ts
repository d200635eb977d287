/** The moment of a fault: an attempt of the stage in question runs, as the scheduler tells. */
import type { AttemptId, ExecutorId, JobId } from '@arbalest/common'
import type { AttemptRecord, JobDetails, StageRecord } from '@arbalest/protocol'
import type { ChaosCluster, ChaosExecutor } from './chaos-cluster.js'
import { positionOf, type Position } from './statements.js'

export interface Moment {
  readonly jobId: JobId
  readonly stage: StageRecord
  readonly attempt: AttemptRecord & { readonly executorId: ExecutorId }
  readonly executor: ChaosExecutor
}

/** The first such moment of the job under way; `undefined` when the statement has ended before. */
export async function awaitMoment(
  cluster: ChaosCluster,
  position: Position,
  isOver: () => boolean,
): Promise<Moment | undefined> {
  while (!isOver()) {
    const details = await runningJob(cluster)
    for (const stage of details?.stages ?? []) {
      const [attempt] = runningAttempts(stage)
      if (details === undefined || attempt === undefined || positionOf(stage) !== position) continue
      return { jobId: details.status.jobId, stage, attempt, executor: cluster.executor(attempt.executorId) }
    }
  }
  return undefined
}

async function runningJob(cluster: ChaosCluster): Promise<JobDetails | undefined> {
  const running = (await cluster.service().jobs()).filter(({ state }) => state === 'running').at(-1)
  return running === undefined ? undefined : cluster.service().details(running.jobId)
}

export const runningAttempts = ({ attempts }: StageRecord): readonly Moment['attempt'][] =>
  attempts.flatMap((attempt) => {
    const { state, executorId } = attempt
    return state === 'running' && executorId !== undefined ? [{ ...attempt, executorId }] : []
  })

/** The attempt as it is told of now. */
export function attemptIn(details: JobDetails, attemptId: AttemptId): AttemptRecord {
  const found = details.stages.flatMap(({ attempts }) => attempts).find((one) => one.attemptId === attemptId)
  if (found === undefined) throw new Error(`${attemptId} is no attempt of its job`)
  return found
}
