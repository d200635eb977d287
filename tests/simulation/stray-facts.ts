/** Events that come when nobody waits for them any more: timers and answers that were on their way. */
import { type ExecutorId, type JobId, queryError, type StageId } from '@arbalest/common'
import { type ClusterState, isTerminal, type Random, type SchedulerFact, type Timer } from '@arbalest/scheduler/testing'

/** Some of them, each such that it must change nothing. */
export function strayFacts(state: ClusterState, random: Random): readonly SchedulerFact[] {
  const jobs = [...state.jobs.values()]
  const unknownJob = 'junknownunknownun' as JobId
  const over = jobs.filter((job) => isTerminal(job.state) && job.result?.released !== false).map(({ id }) => id)
  const queued = jobs.filter(({ state: its }) => its === 'queued').map(({ id }) => id)
  const jobId = random.pick([...over, unknownJob])
  const executors = [...state.executors.values()]
  const attached = executors.filter(({ state: its }) => its !== 'suspect').map(({ id }) => id)
  const executorId = random.pick([...attached, 'eunknownunknownun' as ExecutorId])
  const vitals = { runningAttempts: 0, residentBytes: 0, cpuMs: 0, workDirBytes: 0 }
  const timers: Timer[] = [
    { kind: 'reattach', executorId },
    { kind: 'no-executor', jobId },
    { kind: 'job-timeout', jobId },
    { kind: 'abandoned', jobId },
    { kind: 'retention', jobId },
    ...strayRetry(state, random),
    ...strayProbations(state),
  ]
  for (const { id, state: its } of executors) {
    if (its === 'lost' || its === 'suspect') timers.push({ kind: 'silence', executorId: id })
  }
  return [
    ...timers.map((timer) => ({ kind: 'timer-fired', timer }) as const),
    ...[jobId, ...queued].flatMap((id) => strayAnswers(id)),
    { kind: 'cancel-requested', jobId, reason: 'simulated' },
    { kind: 'client-left', jobId },
    { kind: 'client-came', jobId },
    ...(state.executors.has(executorId) ? [] : [{ kind: 'executor-draining', executorId } as const]),
    ...(state.executors.has(executorId) ? [] : [{ kind: 'executor-ordered', executorId, action: 'drain' } as const]),
    ...(state.executors.has(executorId) ? [] : [{ kind: 'heartbeat', executorId, vitals } as const]),
    ...(state.executors.has(executorId) ? [] : [strayTimer({ kind: 'silence', executorId })]),
  ]
}

const strayTimer = (timer: Timer): SchedulerFact => ({ kind: 'timer-fired', timer })

/** A question that nobody asks any more, or has not asked yet since a restart. */
function strayAnswers(jobId: JobId): readonly SchedulerFact[] {
  const error = queryError('PLANNER_CRASHED', { reason: 'simulated' }).toWire()
  const step = { mode: 'distributed', modeReason: 'simulated', decisions: [], stages: [], finished: false } as const
  return [{ kind: 'planning-failed', jobId, error }, { kind: 'stages-planned', jobId, step }]
}

/** Of executors that are not set aside. */
function strayProbations({ executors }: ClusterState): readonly Timer[] {
  const trusted = [...executors.values()].filter(({ standing }) => standing.state !== 'aside')
  return trusted.map(({ id }) => ({ kind: 'probation', executorId: id }))
}

/** The back-off of a task that does not back off; what its last attempt has come to is chosen first. */
function strayRetry(state: ClusterState, random: Random): readonly Timer[] {
  const tasks = [...state.jobs.values()].flatMap((job) =>
    [...job.stages.values()].flatMap((stage) =>
      stage.tasks.map(({ spec, current, attempts }) => ({
        jobId: job.id, stageId: stage.id, task: spec.task, isDelayed: current?.delayed === true,
        lastState: attempts.at(-1)?.state,
      })),
    ),
  )
  const free = tasks.filter(({ isDelayed }) => !isDelayed)
  const states = [...new Set(free.map(({ lastState }) => lastState))]
  const known = states.map((one) => random.pick(free.filter(({ lastState }) => lastState === one)))
  const unknown = { jobId: 'junknownunknownun' as JobId, stageId: 1 as StageId, task: 0 }
  return [...known, unknown].map(({ jobId, stageId, task }) => ({ kind: 'retry', jobId, stageId, task }))
}
