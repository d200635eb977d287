/**
 * The laws of the state, checked after every event in tests and simulations. Each is stated once, with
 * the reason as the message of the assertion. Linear in everything known but the tasks of ended jobs,
 * which are looked at when they have changed: not for production.
 */
import { assert, AssertionFailed } from '@arbalest/common'
import { type Timer, timerKey } from '../event.js'
import { memoryOf } from '../memory.js'
import { usableExecutors } from '../set-aside.js'
import {
  activeExecutors, type Attempt, type ClusterState, type Executor, findAttempt, isOnExecutor, isTerminal,
  type Job, type Stage, type Task, underWay,
} from '../state.js'

/** Keys of the timers that run, as `timerKey` gives them: of a set or of a map. */
export interface RunningTimers {
  has(key: string): boolean
  keys(): Iterable<string>
}

export function checkInvariants(state: ClusterState, timers: RunningTimers): void {
  const runs = (timer: Timer) => timers.has(timerKey(timer))
  for (const executor of state.executors.values()) checkExecutor(state, executor, runs)
  let backingOff = 0
  for (const job of state.jobs.values()) backingOff += checkJob(state, job, runs)
  for (const job of state.live.values()) checkProgress(state, job, runs)
  checkSets(state)
  const { freeSlots, places } = state
  const known = freeSlots?.places === places ? [...freeSlots.order.keys()] : undefined
  const usable = usableExecutors(state)
  const isKnown = known?.length === usable.length && known.every((executor, at) => executor === usable[at])
  law(!known || isKnown, () => 'it is known who gets attempts')
  let retries = 0
  for (const key of timers.keys()) if (key.startsWith('retry ')) retries += 1
  law(retries === backingOff, () => 'a retry timer runs only while its task backs off')
}

type Runs = (timer: Timer) => boolean

/** The text is made when it is needed: there are many laws and many tasks. */
function law(holds: boolean, reason: () => string): void {
  if (!holds) throw new AssertionFailed(reason())
}

function checkExecutor(state: ClusterState, executor: Executor, runs: Runs): void {
  const { id: executorId, busy, announcement } = executor
  const at = `executor ${executorId}`
  // Given up ones it may bring along: they were under way to it when its stream broke.
  const wanted = [...busy.values()].filter((givenUpMs) => givenUpMs === undefined).length
  assert(wanted <= announcement.slots, `${at} has no more attempts than slots`)
  checkMemory(state, executor)
  const { freeSlots, places } = state
  const mayGet = freeSlots?.places === places && freeSlots.order.has(executor) && busy.size < announcement.slots
  if (mayGet) assert(freeSlots.maybe.has(executor), `${at} is known to have a free slot`)
  for (const [id, givenUpMs] of busy) {
    const attempt = findAttempt(state, id)?.attempt
    const isHere = attempt?.executorId === executorId && isOnExecutor(attempt)
    law(isHere === (givenUpMs === undefined), () => `${at} knows which of its attempts are given up: ${id}`)
    law(isHere || !isOnExecutor(attempt), () => `attempt ${id} takes one slot`)
  }
  const isAttached = executor.state === 'active' || executor.state === 'draining'
  assert(runs({ kind: 'silence', executorId }) === isAttached, `${at} is watched while attached`)
  const isSuspect = executor.state === 'suspect'
  assert(runs({ kind: 'reattach', executorId }) === isSuspect, `${at} is awaited while suspect`)
  const isAside = executor.standing.state === 'aside'
  assert(runs({ kind: 'probation', executorId }) === isAside, `${at} is tried again after it was set aside`)
  if (executor.state === 'lost') assert(busy.size === 0, `${at} runs nothing when lost`)
}

/** Those given up may come on top: an executor brings them along. */
function checkMemory(state: ClusterState, { id, busy, announcement }: Executor): void {
  const taken = [...busy].flatMap(([attemptId, givenUpMs]) => {
    const place = givenUpMs === undefined ? findAttempt(state, attemptId) : undefined
    const bytes = place ? memoryOf(place.job, place.stage, place.task) : 0
    return bytes > 0 ? [bytes] : []
  })
  const sum = taken.reduce((all, bytes) => all + bytes, 0)
  law(taken.length < 2 || sum <= announcement.memoryLimitBytes, () => `what runs on executor ${id} fits its memory`)
}

/** Ended jobs with the revision in which their tasks were looked at. */
const checkedEnds = new WeakMap<Job, number>()

/** Gives the number of its tasks that back off. */
function checkJob(state: ClusterState, job: Job, runs: Runs): number {
  const { id: jobId } = job
  const isOver = isTerminal(job.state)
  assert(state.live.has(jobId) !== isOver, `job ${jobId} is live until it ends`)
  assert(state.ended.has(jobId) === isOver, `job ${jobId} is among the ended when it is`)
  assert((job.result !== undefined) === (job.state === 'succeeded'), `job ${jobId} has rows if it succeeded`)
  const keepsResult = job.result !== undefined && !job.result.released
  assert(runs({ kind: 'retention', jobId }) === keepsResult, `job ${jobId} keeps its result for a time`)
  if (isOver) {
    assert(!job.planning && !job.planWanted, `job ${jobId} is not planned after its end`)
    assert(!runs({ kind: 'no-executor', jobId }), `job ${jobId} waits for nobody after its end`)
    assert(!runs({ kind: 'job-timeout', jobId }), `job ${jobId} has no time limit after its end`)
    if (checkedEnds.get(job) === job.revision) return 0
    checkedEnds.set(job, job.revision)
  }
  const tally = { backingOff: 0, placed: 0 }
  for (const stage of job.stages.values()) checkStage(state, { job, stage, tally }, runs)
  law(job.slotsUsed === tally.placed, () => `job ${jobId} counts its slots`)
  return tally.backingOff
}

interface StagePlace {
  readonly job: Job
  readonly stage: Stage
  /** Of all stages of the job. */
  readonly tally: { backingOff: number; placed: number }
}

function checkStage(state: ClusterState, { job, stage, tally }: StagePlace, runs: Runs): void {
  const at = () => `job ${job.id} stage ${stage.id}`
  const loads = new Map<string, number>()
  let missing = 0
  let hasWork = false
  for (const task of stage.tasks) {
    const { current, output } = task
    if (!output) missing += 1
    if (current) hasWork = true
    for (const { executorId } of output ? [output] : underWay(task)) {
      if (executorId !== undefined) loads.set(executorId, (loads.get(executorId) ?? 0) + 1)
    }
    tally.placed += underWay(task).filter(isOnExecutor).length
    if (checkTask(state, { job, stage, task }, runs)) tally.backingOff += 1
  }
  law(stage.missing === missing, () => `${at()} counts its missing outputs`)
  const stillWorks = stage.state === 'waiting' || stage.state === 'ready' || stage.state === 'running'
  if (isTerminal(job.state)) law(!stillWorks, () => `${at()} ends with its job`)
  else law(stillWorks === hasWork, () => `${at()} is ${stage.state} as its attempts are`)
  for (const [id, load] of stage.loads) {
    law(load === (loads.get(id) ?? 0), () => `${at()} counts what ${id} has`)
  }
}

interface TaskPlace {
  readonly job: Job
  readonly stage: Stage
  readonly task: Task
}

/** Tells whether it backs off. */
function checkTask(state: ClusterState, place: TaskPlace, runs: Runs): boolean {
  const broken = brokenLawOf(state, place, runs)
  const { job, stage, task } = place
  law(broken === undefined, () => `job ${job.id} stage ${stage.id} task ${task.spec.task} ${broken}`)
  return task.current?.state === 'waiting' && task.current.delayed
}

function brokenLawOf(state: ClusterState, { job, stage, task }: TaskPlace, runs: Runs): string | undefined {
  const { current, twin, output, attempts } = task
  if (current && output) return 'has an attempt or an output, not both'
  const isOver = isTerminal(job.state)
  if (output && output.state !== 'succeeded' && !isOver) return 'has the output of a success'
  for (const attempt of attempts) {
    const isOpen = attempt.state === 'waiting' || attempt.state === 'placed' || attempt.state === 'running'
    const isUnderWay = attempt === current || attempt === twin
    if (isOpen !== isUnderWay) return 'has one open attempt, the current one, or a second one beside it'
  }
  const number = task.spec.task
  const isOffered = current?.state === 'waiting' && !current.delayed
  if (stage.open.has(number) !== (isOffered && !current.alone)) return 'is offered when it can be placed'
  if (current === undefined) return undefined
  if (isOver) return 'has ended with its job'
  for (const attempt of underWay(task)) {
    const position = attempts.indexOf(attempt) + 1
    if (attempt.id !== `${job.id}/${stage.id}/${number}/${position}`) return `numbers its attempts: ${attempt.id}`
    if (isOnExecutor(attempt)) checkPlaced(state, attempt)
  }
  if (twin && !(isOnExecutor(twin) && isOnExecutor(current))) return 'has a second attempt beside a first, both placed'
  if (twin && twin.executorId === current.executorId) return 'has its second attempt elsewhere'
  if (twin && (twin.alone || current.alone)) return 'has no second attempt when it runs alone'
  const waitsAlone = isOffered && current.alone
  if (state.aloneWaiting.has(current.id) !== waitsAlone) return 'waits for its turn alone when it must'
  const backsOff = current.state === 'waiting' && current.delayed
  if (!backsOff || runs({ kind: 'retry', jobId: job.id, stageId: stage.id, task: number })) return undefined
  return 'has a timer while it backs off'
}

function checkPlaced(state: ClusterState, attempt: Attempt): void {
  const holder = attempt.executorId === undefined ? undefined : state.executors.get(attempt.executorId)
  law(holder?.busy.has(attempt.id) === true, () => `attempt ${attempt.id} takes the slot where it is`)
  law(holder?.state !== 'lost', () => `attempt ${attempt.id} is on an executor that is there`)
}

/** A job that does nothing waits for something that will come. */
function checkProgress(state: ClusterState, job: Job, runs: Runs): void {
  const executors = [...state.executors.values()]
  if (activeExecutors(state).length === 0) {
    const waits = runs({ kind: 'no-executor', jobId: job.id })
    return assert(waits, `job ${job.id} waits for executors, and not for ever`)
  }
  assert(!runs({ kind: 'no-executor', jobId: job.id }), `job ${job.id} has executors`)
  if (job.planning || executors.some(({ state: its, busy }) => its === 'suspect' || busy.size > 0)) return
  const works = [...job.stages.values()].some((stage) =>
    stage.tasks.some(({ current }) => current && (current.delayed || isOnExecutor(current))),
  )
  assert(works, `job ${job.id} can go on`)
}

function checkSets(state: ClusterState): void {
  const { jobs, live, ended, limits } = state
  assert(jobs.size === live.size + ended.size, 'every job is live or ended')
  assert(ended.size <= limits.finishedJobsKept, 'no more ended jobs are kept than allowed')
  const bytes = [...ended].reduce((sum, id) => sum + (jobs.get(id)?.bytes ?? 0), 0)
  assert(bytes === state.endedBytes, 'the bytes of ended jobs are those of each')
  for (const id of state.aloneWaiting) {
    assert(findAttempt(state, id)?.attempt.state === 'waiting', `attempt ${id} still waits for its turn`)
  }
  const lost = [...state.executors.values()].filter((executor) => executor.state === 'lost')
  assert(lost.length <= limits.lostExecutorsKept, 'no more lost executors are kept than allowed')
}
