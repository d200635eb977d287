/** Events that come when nobody waits for them any more: timers and answers that were on their way. */
import { type ExecutorId, type JobId, queryError, type StageId } from '@arbalest/common'
import { type ClusterState, isTerminal, type Random, type SchedulerFact, type Timer } from '@arbalest/scheduler/testing'

/** Some of them, each such that it must change nothing. */
export function strayFacts(state: ClusterState, random: Random): readonly SchedulerFact[] {
  const jobs = [...state.jobs.values()]
  const unknownJob = 'junknownunknownun' as JobId
  const over = jobs.filter((job) => isTerminal(job.state) && job.result?.released !== false).map(({ id }) => id)
  const jobId = random.pick([...over, unknownJob])
  const executors = [...state.executors.values()]
  const attached = executors.filter(({ state: its }) => its !== 'suspect').map(({ id }) => id)
  const executorId = random.pick([...attached, 'eunknownunknownun' as ExecutorId])
  const vitals = { runningAttempts: 0, residentBytes: 0, cpuMs: 0, workDirBytes: 0 }
  const timers: Timer[] = [
    { kind: 'reattach', executorId },
    { kind: 'no-executor', jobId },
    { kind: 'job-timeout', jobId },
    { kind: 'retention', jobId },
    ...strayRetry(state, random),
  ]
  for (const { id, state: its } of executors) {
    if (its === 'lost' || its === 'suspect') timers.push({ kind: 'silence', executorId: id })
  }
  const error = queryError('PLANNER_CRASHED', { reason: 'simulated' }).toWire()
  return [
    ...timers.map((timer) => ({ kind: 'timer-fired', timer }) as const),
    { kind: 'planning-failed', jobId, error },
    { kind: 'cancel-requested', jobId, reason: 'simulated' },
    ...(state.executors.has(executorId) ? [] : [{ kind: 'executor-draining', executorId } as const]),
    ...(state.executors.has(executorId) ? [] : [{ kind: 'heartbeat', executorId, vitals } as const]),
    ...(state.executors.has(executorId) ? [] : [strayTimer({ kind: 'silence', executorId })]),
  ]
}

const strayTimer = (timer: Timer): SchedulerFact => ({ kind: 'timer-fired', timer })

/** The back-off of a task that does not back off. */
function strayRetry(state: ClusterState, random: Random): readonly Timer[] {
  const tasks = [...state.jobs.values()].flatMap((job) =>
    [...job.stages.values()].flatMap((stage) =>
      stage.tasks.map(({ spec, current }) => ({ jobId: job.id, stageId: stage.id, task: spec.task, current })),
    ),
  )
  const free = tasks.filter(({ current }) => current?.delayed !== true)
  const known = free.length === 0 ? [] : [random.pick(free)]
  const unknown = { jobId: 'junknownunknownun' as JobId, stageId: 1 as StageId, task: 0 }
  return [...known, unknown].map(({ jobId, stageId, task }) => ({ kind: 'retry', jobId, stageId, task }))
}
