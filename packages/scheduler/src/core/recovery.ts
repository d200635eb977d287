/**
 * What happens when something is lost or fails: exactly what is still needed runs again. Every way in
 * ends in `restore`, which walks from the unfinished tasks back to the outputs they miss.
 */
import {
  type AttemptId, errorCodes, present, queryError, type WireError,
} from '@arbalest/common'
import { isLastOutput } from '@arbalest/plan'
import { crashedAlone, isPoison } from './crashes.js'
import { hasMoreRoom, planFiner } from './plan-finer.js'
import { noteFailure } from './set-aside.js'
import { hasStarted, settleStage, shuffleInputs, stageOf, tasksRead } from './stage.js'
import {
  type Attempt, type AttemptPlace, findAttempt, isTerminal, type Job, type Stage, type Task,
} from './state.js'
import { cancelAttempts, endAttempt, loseOutput, openAttempt, outlivesExecutor } from './task.js'
import { condemn, record, type Turn } from './turn.js'

/** An attempt reported an error: the code's category decides. */
export function onAttemptFailed(
  turn: Turn,
  place: AttemptPlace,
  failure: { readonly error: WireError; readonly lostInputs: readonly AttemptId[] },
): void {
  const { error, lostInputs } = failure
  const { job, stage } = place
  if (error.code === 'EXECUTOR_LOST' || error.code === 'JOB_CANCELLED') {
    return onAttemptLost(turn, place, error.message)
  }
  const isAlone = error.code === 'ENGINE_CRASHED' && crashedAlone(turn.state, place)
  endAttempt(turn, place, { state: 'failed', confirmed: true, error, lostInputs, crashedAlone: isAlone })
  const { category } = errorCodes[error.code]
  switch (category) {
    case 'user':
    case 'internal':
      return condemn(turn, job, error, stage.id)
    case 'lost-input':
      return onInputsLost(turn, place, error, lostInputs)
    case 'resource':
    case 'transient':
      noteFailure(turn, place, error)
      return retryCounted(turn, place, error)
  }
}

/** An attempt is gone through no fault of its task: lost executor, drained, never arrived. */
export function onAttemptLost(turn: Turn, place: AttemptPlace, reason: string): void {
  const { executorId } = place.attempt
  const error = queryError('EXECUTOR_LOST', { executorId, reason }).toWire()
  endAttempt(turn, place, { state: 'lost', confirmed: true, error })
  tryAgain(turn, place, error.message)
}

/** A new attempt at once, not counted as a failure of the task, but not without end either. */
function tryAgain(turn: Turn, { job, stage, task, attempt }: AttemptPlace, reason: string): void {
  task.losses += 1
  if (task.losses > turn.state.limits.lossesPerTaskMax) {
    return condemn(turn, job, tooManyFailures(task, task.losses, reason), stage.id)
  }
  if (task.current) return leaveToOther(turn, task, attempt)
  openAttempt(turn, job, stage, task)
  settleStage(turn, job, stage)
}

/** Of two attempts the other goes on as the only one. */
function leaveToOther(turn: Turn, { alone, failures, losses, avoid }: Task, { id: attemptId }: Attempt): void {
  record(turn, { kind: 'attempt-replaced', attemptId, alone, failures, losses, avoid: [...avoid] })
}

/** Retries with back-off, elsewhere if possible, until the attempts are used up. */
function retryCounted(turn: Turn, place: AttemptPlace, error: WireError): void {
  const { job, stage, task, attempt } = place
  const { limits } = turn.state
  const isShortOfMemory = error.code === 'OUT_OF_MEMORY'
  task.failures += 1
  // Memory is not short because of who runs it: it runs again where there is most.
  if (attempt.executorId && !isShortOfMemory) task.avoid.add(attempt.executorId)
  // Whoever crashed the engine or used up its memory shows itself when it runs alone.
  if (error.code === 'ENGINE_CRASHED' && (attempt.alone || isPoison(stage))) return condemn(turn, job, error, stage.id)
  if (isShortOfMemory && attempt.alone && !hasMoreRoom(turn.state, place)) {
    if (!planFiner(turn, place, error)) condemn(turn, job, error, stage.id)
    return
  }
  if (error.code === 'ENGINE_CRASHED' || isShortOfMemory) task.alone = true
  if (task.failures >= limits.attemptsPerTaskMax) {
    const { category } = errorCodes[error.code]
    const last = category === 'resource' ? error : tooManyFailures(task, task.failures, error.message)
    return condemn(turn, job, last, stage.id)
  }
  if (task.current) return leaveToOther(turn, task, attempt)
  const backoffMs = Math.min(limits.retryBackoffMs * 2 ** (task.failures - 1), limits.retryBackoffMaxMs)
  openAttempt(turn, job, stage, task, Math.ceil(backoffMs * (0.5 + turn.jitter / 2)))
  settleStage(turn, job, stage)
}

/**
 * An attempt could not fetch what it was sent to: the named outputs count as lost and the attempt
 * waits for them. A name that explains nothing makes it an ordinary failure, so that this ends.
 */
function onInputsLost(
  turn: Turn,
  place: AttemptPlace,
  error: WireError,
  lostInputs: readonly AttemptId[],
): void {
  const { job } = place
  let explained = false
  for (const id of lostInputs) {
    const producer = findAttempt(turn.state, id)
    if (producer?.job !== job) continue
    const { attempt } = producer
    if (producer.task.output !== attempt) explained ||= attempt.state === 'lost'
    // Whether a suspect executor still has it will be known soon: nothing that reads it is placed before.
    else if (isSuspect(turn, attempt)) explained = true
    // What does not lie in a shared directory any more is as lost as what went with its executor.
    else if (!outlivesExecutor(producer.stage, attempt) || isOnlyShared(attempt)) {
      loseOutput(turn, job, producer.stage, producer.task, error.message)
      explained = true
    } else if (!attempt.inlineAlways) {
      attempt.inlineAlways = true
      producer.stage.files = undefined
      explained = true
    }
  }
  if (!explained) return retryCounted(turn, place, error)
  tryAgain(turn, place, error.message)
  restore(turn, job)
}

const isOnlyShared = ({ report }: Attempt): boolean => report?.store !== undefined && report.inline === undefined

/** Opens the tasks whose outputs are gone and still needed, and what those need in turn. */
export function restore(turn: Turn, job: Job): void {
  if (isTerminal(job.state)) return
  let again = true
  while (again && !turn.verdicts.has(job)) {
    again = false
    for (const stage of job.stages.values()) {
      if (isUnfinished(stage) && restoreInputs(turn, job, stage)) again = true
    }
  }
}

/** Opens what an unfinished stage misses; tells whether there was anything. */
function restoreInputs(turn: Turn, job: Job, stage: Stage): boolean {
  let opened = isNeededWhole(stage) && reopen(turn, job, stage, stage.tasks)
  for (const input of shuffleInputs(stage.spec)) {
    const producer = stageOf(job, input.stageId)
    const reading = stage.tasks.filter((task) => task.current !== undefined)
    const isWhole = input.mode !== 'task' && reading.length > 0
    const needed = isWhole ? producer.tasks : reading.flatMap((task) => tasksRead(job, input, task))
    if (producer.missing > 0 && reopen(turn, job, producer, needed)) opened = true
  }
  return opened
}

function isUnfinished(stage: Stage): boolean {
  return stage.missing > 0 && (isNeededWhole(stage) || stage.tasks.some((task) => task.current))
}

/** The result, and a stage that has never been complete: the plan goes on with its facts. */
function isNeededWhole(stage: Stage): boolean {
  return isLastOutput(stage.spec.output) || stage.facts === undefined
}

/** Gives the tasks that have neither output nor attempt a new attempt; tells whether there were any. */
function reopen(turn: Turn, job: Job, stage: Stage, tasks: readonly Task[]): boolean {
  const isDormant = (task: Task) => !task.output && !task.current
  if (!tasks.some(isDormant)) return false
  const readers = [...stage.consumers].map((id) => stageOf(job, id))
  if (stage.spec.indeterminate && readers.some(hasStarted)) startAgainWhole(turn, job, stage)
  const { recomputationsPerStageMax } = turn.state.limits
  for (const task of new Set(tasks.filter(isDormant))) {
    task.recomputations += 1
    if (task.recomputations > recomputationsPerStageMax) {
      const reason = 'its output was lost again and again'
      condemn(turn, job, tooManyFailures(task, task.recomputations, reason), stage.id)
      return true
    }
    openAttempt(turn, job, stage, task)
  }
  settleStage(turn, job, stage)
  return true
}

/**
 * Ends attempts that wait to compute lost outputs which nobody needs any more: who was to read them has ended well
 * meanwhile, or another executor has come back with them. Readers come after what they read, so the last go first.
 */
export function dropNeedless(turn: Turn, job: Job): void {
  if (isTerminal(job.state) || turn.verdicts.has(job)) return
  for (const stage of [...job.stages.values()].toReversed()) {
    if (isNeededWhole(stage) || stage.missing === 0) continue
    const waiting = stage.tasks.filter(({ current }) => current?.state === 'waiting')
    const needless = waiting.filter((task) => !isWanted(job, stage, task))
    for (const task of needless) {
      const attempt = present(task.current, 'it waits')
      endAttempt(turn, { job, stage, task, attempt }, { state: 'cancelled', confirmed: true })
    }
    if (needless.length > 0) settleStage(turn, job, stage)
  }
}

/** Whether a task's rows are of the result, not measured yet, or for somebody who is at work or soon will be. */
export function isWanted(job: Job, stage: Stage, task: Task): boolean {
  return isNeededWhole(stage) || [...stage.consumers].map((id) => stageOf(job, id)).some((reader) =>
    shuffleInputs(reader.spec).some((input) => {
      if (input.stageId !== stage.id) return false
      const reading = input.mode === 'task' ? reader.tasks.slice(task.spec.task, task.spec.task + 1) : reader.tasks
      return reading.some(({ current }) => current !== undefined)
    }))
}

/**
 * A repeated attempt of an indeterminate stage gives other rows than those its readers have seen, so the
 * stage and everything made from it counts as lost. Later results of the old attempts no longer fit.
 * What is still needed is opened by `restore`.
 */
function startAgainWhole(turn: Turn, job: Job, first: Stage): void {
  const stages = new Set([first])
  for (const stage of stages) {
    for (const id of stage.consumers) {
      const reader = stageOf(job, id)
      if (hasStarted(reader)) stages.add(reader)
    }
  }
  const reason = `stage ${first.id} may give other rows when it runs again`
  for (const stage of stages) {
    stage.generation += 1
    for (const task of stage.tasks) {
      cancelAttempts(turn, { job, stage, task })
      if (task.output) loseOutput(turn, job, stage, task, reason)
    }
  }
  for (const stage of stages) settleStage(turn, job, stage)
  record(turn, { kind: 'stages-reset', jobId: job.id, stageIds: [...stages].map((s) => s.id), reason })
}

function isSuspect(turn: Turn, { executorId }: Attempt): boolean {
  return executorId !== undefined && turn.state.executors.get(executorId)?.state === 'suspect'
}

function tooManyFailures(task: Task, failures: number, reason: string): WireError {
  return queryError('TOO_MANY_FAILURES', { task: task.spec.task, failures, reason }).toWire()
}
