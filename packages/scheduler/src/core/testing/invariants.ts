/**
 * The laws of the state, checked after every event in tests and simulations. Each is stated once, with
 * the reason as the message of the assertion. Linear in everything known: not for production.
 */
import { assert } from '@arbalest/common'
import { type Timer, timerKey } from '../event.js'
import {
  activeExecutors, type Attempt, type ClusterState, type Executor, findAttempt, isOnExecutor, isTerminal,
  type Job, type Stage, type Task,
} from '../state.js'

/** @param timers keys of the timers that run, as `timerKey` gives them */
export function checkInvariants(state: ClusterState, timers: ReadonlySet<string>): void {
  const runs = (timer: Timer) => timers.has(timerKey(timer))
  for (const executor of state.executors.values()) checkExecutor(state, executor, runs)
  for (const job of state.jobs.values()) checkJob(state, job, runs)
  for (const job of state.live.values()) checkProgress(state, job, runs)
  checkSets(state)
}

type Runs = (timer: Timer) => boolean

function checkExecutor(state: ClusterState, executor: Executor, runs: Runs): void {
  const { id: executorId, busy, announcement } = executor
  const at = `executor ${executorId}`
  assert(busy.size <= announcement.slots, `${at} has no more attempts than slots`)
  for (const [id, givenUpMs] of busy) {
    const attempt = findAttempt(state, id)?.attempt
    const isHere = attempt?.executorId === executorId && isOnExecutor(attempt)
    assert(isHere === (givenUpMs === undefined), `${at} knows which of its attempts are given up: ${id}`)
  }
  const isAttached = executor.state === 'active' || executor.state === 'draining'
  assert(runs({ kind: 'silence', executorId }) === isAttached, `${at} is watched while attached`)
  const isSuspect = executor.state === 'suspect'
  assert(runs({ kind: 'reattach', executorId }) === isSuspect, `${at} is awaited while suspect`)
  if (executor.state === 'lost') assert(busy.size === 0, `${at} runs nothing when lost`)
}

function checkJob(state: ClusterState, job: Job, runs: Runs): void {
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
  }
  for (const stage of job.stages.values()) checkStage(state, job, stage, runs)
}

function checkStage(state: ClusterState, job: Job, stage: Stage, runs: Runs): void {
  const at = `job ${job.id} stage ${stage.id}`
  const missing = stage.tasks.filter((task) => task.output === undefined).length
  assert(stage.missing === missing, `${at} counts its missing outputs`)
  const stillWorks = ['waiting', 'ready', 'running'].includes(stage.state)
  if (isTerminal(job.state)) assert(!stillWorks, `${at} ends with its job`)
  else {
    const hasWork = stage.tasks.some((task) => task.current !== undefined)
    assert(stillWorks === hasWork, `${at} is ${stage.state} as its attempts are`)
  }
  const loads = new Map<string, number>()
  for (const task of stage.tasks) {
    const { executorId } = task.current ?? task.output ?? {}
    if (executorId !== undefined) loads.set(executorId, (loads.get(executorId) ?? 0) + 1)
  }
  for (const [id, load] of stage.loads) assert(load === (loads.get(id) ?? 0), `${at} counts what ${id} has`)
  for (const task of stage.tasks) checkTask(state, { job, stage, task }, runs)
}

interface TaskPlace {
  readonly job: Job
  readonly stage: Stage
  readonly task: Task
}

function checkTask(state: ClusterState, { job, stage, task }: TaskPlace, runs: Runs): void {
  const { current, output } = task
  const number = task.spec.task
  const at = `job ${job.id} stage ${stage.id} task ${number}`
  assert(!current || !output, `${at} has an attempt or an output, not both`)
  const isGood = !output || output.state === 'succeeded' || isTerminal(job.state)
  assert(isGood, `${at} has the output of a success`)
  task.attempts.forEach((attempt, index) => {
    const isLast = attempt.id.endsWith(`/${stage.id}/${number}/${index + 1}`)
    assert(isLast, `${at} numbers its attempts: ${attempt.id}`)
    const isOpen = attempt.state === 'waiting' || isOnExecutor(attempt)
    assert(isOpen === (attempt === current), `${at} has one open attempt, the current one`)
    if (isOnExecutor(attempt)) checkPlaced(state, attempt)
  })
  const waits = current?.state === 'waiting'
  const isOffered = waits && !current.delayed
  assert(stage.open.has(number) === (isOffered && !current.alone), `${at} is offered when it can be placed`)
  const isOfferedAlone = current !== undefined && state.aloneWaiting.has(current.id)
  assert(isOfferedAlone === (isOffered && current.alone), `${at} waits for its turn alone when it must`)
  const retry = { kind: 'retry', jobId: job.id, stageId: stage.id, task: number } as const
  assert(runs(retry) === (waits && current.delayed), `${at} has a timer while it backs off`)
  if (isTerminal(job.state)) assert(current === undefined, `${at} has ended with its job`)
}

function checkPlaced(state: ClusterState, attempt: Attempt): void {
  const holders = [...state.executors.values()].filter(({ busy }) => busy.has(attempt.id))
  assert(holders.length === 1, `attempt ${attempt.id} takes one slot`)
  assert(holders[0]?.id === attempt.executorId, `attempt ${attempt.id} takes the slot where it is`)
  assert(holders[0]?.state !== 'lost', `attempt ${attempt.id} is on an executor that is there`)
}

/** A job that does nothing waits for something that will come. */
function checkProgress(state: ClusterState, job: Job, runs: Runs): void {
  const executors = [...state.executors.values()]
  if (activeExecutors(state).length === 0) {
    const waits = runs({ kind: 'no-executor', jobId: job.id })
    return assert(waits, `job ${job.id} waits for executors, and not for ever`)
  }
  assert(!runs({ kind: 'no-executor', jobId: job.id }), `job ${job.id} has executors`)
  const works = [...job.stages.values()].some((stage) =>
    stage.tasks.some(({ current }) => current && (current.delayed || isOnExecutor(current))),
  )
  const othersWork = executors.some(({ state: its, busy }) => its === 'suspect' || busy.size > 0)
  assert(job.planning || works || othersWork, `job ${job.id} can go on`)
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
