/**
 * Bugs that schedulers have had, each put around the real reducer: what a simulation does not find here it
 * would not find in the reducer either. `make` gives a fresh one for every simulation.
 */
import type { AttemptId } from '@arbalest/common'
import type { AttemptSpec, ShufflePiece } from '@arbalest/plan'
import {
  type Attempt, type ClusterState, type Effect, findAttempt, reduce, type SchedulerEvent, type Task,
} from '@arbalest/scheduler/testing'
import type { Bug } from './simulation.js'

export interface PlantedBug {
  readonly name: string
  readonly make: () => Bug
}

export const plantedBugs: readonly PlantedBug[] = [
  { name: 'late success accepted', make: () => ({ reducer: acceptLateSuccess }) },
  { name: 'slot released twice', make: () => ({ reducer: releaseTwice }) },
  { name: 'one lost output forgotten', make: () => ({ reducer: forgetOneLoss }) },
  { name: 'partial re-run of an indeterminate stage', make: () => ({ reducer: takeForDeterminate }) },
  { name: 'effect before flush', make: () => ({ skipsFlush: true }) },
  { name: 'clean-up before the consumer commits', make: () => ({ reducer: cleanUpEarly }) },
  { name: 'cancel racing success', make: () => ({ reducer: cancelAfterSuccess }) },
  { name: 'stale lease', make: () => ({ ignoresLease: true }) },
  { name: 'retry without a new attempt id', make: () => ({ reducer: reuseAttemptId }) },
  { name: 'partitions of two attempts mixed', make: () => ({ reducer: mixAttempts }) },
]

/** The success of an attempt given up before takes the place of its successor. */
function acceptLateSuccess(state: ClusterState, event: SchedulerEvent): readonly Effect[] {
  if (event.kind === 'attempt-updates') {
    for (const update of event.updates) {
      const place = findAttempt(state, update.attemptId)
      const isLate = place?.attempt.state === 'lost' && place.task.current?.executorId !== undefined
      if (update.kind !== 'succeeded' || !place || !isLate) continue
      const { task, attempt, stage } = place
      const { current } = task
      if (current?.executorId) state.executors.get(current.executorId)?.busy.delete(current.id)
      if (current) current.state = 'cancelled'
      Object.assign(task, { current: undefined, output: attempt })
      Object.assign(attempt, { state: 'succeeded', report: update.report })
      stage.missing -= 1
    }
  }
  return reduce(state, event)
}

/** With the end of an attempt another one's slot is given back too. */
function releaseTwice(state: ClusterState, event: SchedulerEvent): readonly Effect[] {
  const executor = event.kind === 'attempt-updates' ? state.executors.get(event.executorId) : undefined
  const before = executor?.busy.size ?? 0
  const effects = reduce(state, event)
  const [other] = executor?.busy.keys() ?? []
  if (executor && executor.busy.size < before && other !== undefined) executor.busy.delete(other)
  return effects
}

/** Of the outputs that go with an executor one is still counted as there. */
function forgetOneLoss(state: ClusterState, event: SchedulerEvent): readonly Effect[] {
  const effects = reduce(state, event)
  for (const effect of effects) {
    if (effect.kind !== 'append-log' || !effect.records.some(({ kind }) => kind === 'executor-left')) continue
    const lost = effect.records.find((record) => record.kind === 'output-lost')
    const place = lost && findAttempt(state, lost.attemptId)
    if (!place || place.task.current?.state === 'placed' || place.job.endedMs !== undefined) continue
    const { task, stage, attempt } = place
    stage.open.delete(task.spec.task)
    if (task.current) task.current.state = 'cancelled'
    Object.assign(task, { current: undefined, output: attempt })
    attempt.state = 'succeeded'
    stage.missing -= 1
    stage.files = undefined
    stage.loads.set(attempt.executorId!, (stage.loads.get(attempt.executorId!) ?? 0) + 1)
    if (stage.tasks.every(({ current }) => current === undefined)) stage.state = 'succeeded'
  }
  return effects
}

function takeForDeterminate(state: ClusterState, event: SchedulerEvent): readonly Effect[] {
  if (event.kind !== 'stages-planned') return reduce(state, event)
  const stages = event.step.stages.map((spec) => ({ ...spec, indeterminate: false }))
  return reduce(state, { ...event, step: { ...event.step, stages } })
}

/** Files go when the last stage has been launched, not when it has committed. */
function cleanUpEarly(state: ClusterState, event: SchedulerEvent): readonly Effect[] {
  const effects = reduce(state, event)
  const early = effects.flatMap((effect): readonly Effect[] => {
    if (effect.kind !== 'launch') return []
    const last = effect.attempts.find(({ output }) => output.kind === 'result')
    const job = last && findAttempt(state, last.attemptId)?.job
    if (!job || job.stages.size < 2) return []
    const others = [...job.executors].filter((id) => id !== effect.executorId)
    return others.map((executorId) => ({ kind: 'forget-job', executorId, jobId: job.id }))
  })
  return [...effects, ...early]
}

/** A cancel that comes after the end ends the job once more. */
function cancelAfterSuccess(state: ClusterState, event: SchedulerEvent): readonly Effect[] {
  const effects = reduce(state, event)
  const job = event.kind === 'cancel-requested' ? state.jobs.get(event.jobId) : undefined
  if (job?.state === 'succeeded') Object.assign(job, { state: 'cancelled', result: undefined })
  return effects
}

const firstIdOf = (id: AttemptId): AttemptId => id.replace(/\d+$/, '1') as AttemptId

function reuseAttemptId(state: ClusterState, event: SchedulerEvent): readonly Effect[] {
  return reduce(state, event).map((effect) => {
    if (effect.kind !== 'launch') return effect
    const attempts = effect.attempts.map((spec) => ({ ...spec, attemptId: firstIdOf(spec.attemptId) }))
    return { ...effect, attempts }
  })
}

/** One piece of a task that has run twice is taken from its first run. */
function mixAttempts(state: ClusterState, event: SchedulerEvent): readonly Effect[] {
  return reduce(state, event).map((effect) =>
    effect.kind === 'launch' ? { ...effect, attempts: effect.attempts.map((spec) => mixed(state, spec)) } : effect,
  )
}

function mixed(state: ClusterState, spec: AttemptSpec): AttemptSpec {
  let isDone = false
  const replace = (piece: ShufflePiece): ShufflePiece => {
    const older = isDone ? undefined : olderRun(findAttempt(state, piece.attemptId)?.task)
    if (!older?.executorId) return piece
    isDone = true
    return { ...piece, attemptId: older.id, executorId: older.executorId }
  }
  const inputs = spec.inputs.map((input) =>
    input.kind === 'shuffle' ? { ...input, pieces: input.pieces.map(replace) } : input,
  )
  return { ...spec, inputs }
}

const olderRun = (task: Task | undefined): Attempt | undefined =>
  task?.attempts.find((attempt) => attempt.report !== undefined && attempt !== task.output)

