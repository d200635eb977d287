/** Tasks and their attempts: how a new attempt opens, how one ends, and what that frees. */
import {
  type AttemptId, assert, attemptId, type ExecutorId, type JobId, present, type WireError,
} from '@arbalest/common'
import type { AttemptReport, TaskSpec } from '@arbalest/plan'
import { endBusy } from './free-slots.js'
import {
  type Attempt, type AttemptPlace, type ClusterState, isOnExecutor, type Job, type Stage, type Task,
  underWay,
} from './state.js'
import { cancelTimer, noteCancel, record, startTimer, type Turn } from './turn.js'

export function newTask(spec: TaskSpec): Task {
  return {
    spec,
    attempts: [],
    current: undefined,
    twin: undefined,
    output: undefined,
    failures: 0,
    losses: 0,
    recomputations: 0,
    avoid: new Set(),
    memoryBytes: undefined,
    alone: false,
  }
}

/** Makes the next attempt of a task, placeable at once or after a back-off. */
export function openAttempt(turn: Turn, job: Job, stage: Stage, task: Task, delayMs = 0): void {
  assert(task.current === undefined && task.output === undefined, 'a task has one attempt at a time')
  const attempt = addAttempt(job, stage, task)
  attempt.delayed = delayMs > 0
  turn.changed.add(job)
  if (task.attempts.length > 1) recordOpened(turn, stage, task, delayMs)
  if (!attempt.delayed) return offer(turn.state, { job, stage, task, attempt })
  startTimer(turn, retryTimer(job.id, stage, task), delayMs)
}

/** Makes a second attempt of a task that has one under way; the caller launches it. */
export function addTwin(turn: Turn, job: Job, stage: Stage, task: Task): Attempt {
  assert(isOnExecutor(task.current) && task.twin === undefined, 'a second attempt is beside a first one')
  const { current } = task
  const twin = addAttempt(job, stage, task)
  task.current = current
  task.twin = twin
  recordOpened(turn, stage, task, 0)
  return twin
}

/** The next attempt of a task, as it begins: waiting. */
export function addAttempt(job: Job, stage: Stage, task: Task): Attempt {
  const { task: number } = task.spec
  const attempt: Attempt = {
    id: attemptId({ jobId: job.id, stageId: stage.id, task: number, attempt: task.attempts.length + 1 }),
    generation: stage.generation,
    state: 'waiting',
    delayed: false,
    alone: task.alone,
    executorId: undefined,
    placedMs: undefined,
    endedMs: undefined,
    report: undefined,
    error: undefined,
    isBesideCrash: false,
    inlineAlways: false,
  }
  task.attempts.push(attempt)
  task.current = attempt
  return attempt
}

function recordOpened(turn: Turn, { generation }: Stage, task: Task, delayMs: number): void {
  const { alone, failures, losses, recomputations, avoid, current, twin } = task
  const { id } = present(twin ?? current, 'it was opened')
  record(turn, {
    kind: 'attempt-opened',
    attemptId: id, ...(twin ? { isTwin: true } : {}),
    generation, delayMs, alone, failures, losses, recomputations, avoid: [...avoid],
  })
}

/** The back-off of a waiting attempt is over. */
export function onRetryTimer(turn: Turn, place: AttemptPlace): void {
  if (!place.attempt.delayed || place.attempt.state !== 'waiting') return
  place.attempt.delayed = false
  // An event that comes a second time ends the pause early: its timer still runs.
  cancelTimer(turn, retryTimer(place.job.id, place.stage, place.task))
  offer(turn.state, place)
}

/** Lets a waiting attempt be placed. */
export function offer(state: ClusterState, { stage, task, attempt }: AttemptPlace): void {
  if (attempt.alone) state.aloneWaiting.add(attempt.id)
  else stage.open.add(task.spec.task)
}

/** Takes an attempt out of the queue of those that wait for a place. */
export function withdraw(turn: Turn, { job, stage, task, attempt }: AttemptPlace): void {
  stage.open.delete(task.spec.task)
  turn.state.aloneWaiting.delete(attempt.id)
  if (!attempt.delayed) return
  attempt.delayed = false
  cancelTimer(turn, retryTimer(job.id, stage, task))
}

export interface Ending {
  readonly state: 'succeeded' | 'failed' | 'lost' | 'cancelled'
  /** The executor itself said so, or is gone: nothing of the attempt runs any more. */
  readonly confirmed: boolean
  readonly report?: AttemptReport
  readonly error?: WireError
  readonly lostInputs?: readonly AttemptId[]
  /** Its engine crashed and ran nothing of other jobs. */
  readonly crashedAlone?: boolean
}

/** What an attempt's end changes in its task and stage; the log's record of it changes the same. */
export function noteEnd(
  { stage, task, attempt }: AttemptPlace,
  { state, report, error, crashedAlone }: {
    readonly crashedAlone?: boolean | undefined
    readonly state: Ending['state']
    readonly report?: AttemptReport | undefined
    readonly error?: WireError | undefined
  },
  atMs: number,
): void {
  attempt.state = state
  attempt.endedMs = atMs
  attempt.report = report
  attempt.error = error
  if (crashedAlone === true && attempt.executorId) stage.crashedAloneOn.add(attempt.executorId)
  // The second attempt becomes the only one.
  if (task.twin !== attempt) task.current = task.twin
  task.twin = undefined
  if (state === 'succeeded') putOutput(stage, task, attempt)
  else countLoad(stage, attempt, -1)
}

/** Ends the first or the second attempt of a task. Its slot stays taken until the executor has confirmed. */
export function endAttempt(turn: Turn, place: AttemptPlace, ending: Ending): void {
  const { job, task, attempt } = place
  assert(underWay(task).includes(attempt), 'only an attempt under way can end')
  withdraw(turn, place)
  if (isOnExecutor(attempt)) job.slotsUsed -= 1
  noteEnd(place, ending, turn.atMs)
  if (turn.state.alone?.attemptId === attempt.id) turn.state.alone = undefined
  freeSlot(turn, attempt, ending.confirmed)
  turn.changed.add(job)
  record(turn, {
    kind: 'attempt-ended',
    attemptId: attempt.id,
    executorId: attempt.executorId,
    state: ending.state,
    placedMs: attempt.placedMs,
    report: ending.report,
    error: ending.error,
    lostInputs: ending.lostInputs ?? [],
    ...(ending.crashedAlone === true ? { crashedAlone: true } : {}),
  })
}

/** Gives up what is under way of a task, but for `winner`. */
export function cancelAttempts(turn: Turn, place: Omit<AttemptPlace, 'attempt'>, winner?: Attempt): void {
  for (const attempt of underWay(place.task)) {
    if (attempt !== winner) endAttempt(turn, { ...place, attempt }, { state: 'cancelled', confirmed: false })
  }
}

export function putOutput(stage: Stage, task: Task, attempt: Attempt): void {
  task.output = attempt
  stage.missing -= 1
  stage.files = undefined
}

/** Keeps the stage's count of what each executor has of it. */
export function countLoad(stage: Stage, { executorId }: Attempt, change: 1 | -1): void {
  if (executorId === undefined) return
  stage.loads.set(executorId, (stage.loads.get(executorId) ?? 0) + change)
}

function freeSlot(turn: Turn, attempt: Attempt, confirmed: boolean): void {
  if (attempt.executorId === undefined) return
  const executor = turn.state.executors.get(attempt.executorId)
  if (!executor) return
  const isOver = executor.unreported.delete(attempt.id)
  if (confirmed || isOver || executor.state === 'lost') {
    endBusy(turn.state, executor, attempt.id)
    return
  }
  executor.busy.set(attempt.id, turn.atMs)
  noteCancel(turn, executor.id, attempt.id)
}

/** Forgets the output of a task. The attempt can be found again while the task has no other output. */
export function loseOutput(turn: Turn, job: Job, stage: Stage, task: Task, reason: string): void {
  const { output } = task
  assert(output !== undefined, 'only a task with an output can lose it')
  dropOutput(stage, task, output)
  turn.changed.add(job)
  record(turn, { kind: 'output-lost', attemptId: output.id, reason })
}

export function dropOutput(stage: Stage, task: Task, output: Attempt): void {
  output.state = 'lost'
  task.output = undefined
  stage.missing += 1
  stage.files = undefined
  countLoad(stage, output, -1)
}

/** Takes back an output given up before: same generation, and nothing has replaced it. */
export function findOutput(turn: Turn, place: AttemptPlace, executorId: ExecutorId): boolean {
  const { job, stage, task, attempt } = place
  const fits = attempt.state === 'lost' && attempt.report !== undefined && task.output === undefined
  if (!fits || attempt.generation !== stage.generation) return false
  cancelAttempts(turn, place)
  attempt.state = 'succeeded'
  putOutput(stage, task, attempt)
  countLoad(stage, attempt, 1)
  turn.changed.add(job)
  record(turn, { kind: 'output-found', attemptId: attempt.id, executorId })
  return true
}

/** Whether a task's output outlives its executor: its bytes are here or in a shared directory, or there are none. */
export function outlivesExecutor(stage: Stage, output: Attempt): boolean {
  const { report } = output
  if (report === undefined) return false
  const { kind } = stage.spec.output
  // Such files lie in a directory that all share.
  if (kind === 'table' || kind === 'files' || report.store !== undefined) return true
  return report.inline !== undefined || (report.rows === 0 && kind !== 'result')
}

function retryTimer(jobId: JobId, stage: Stage, task: Task) {
  return { kind: 'retry', jobId, stageId: stage.id, task: task.spec.task } as const
}
