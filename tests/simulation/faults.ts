/** What is done to a simulated cluster: each fault once or for a while, all of them over before the end. */
import { type AttemptId, type ExecutorId, present, queryError } from '@arbalest/common'
import { type AttemptNews, findAttempt, type Random } from '@arbalest/scheduler/testing'
import { reportOfLie } from './sim-runner.js'
import type { SimExecutor } from './sim-executor.js'
import type { SimFront } from './sim-front.js'
import type { SimScheduler } from './sim-scheduler.js'
import { type ExecutorTraits, ownEngine } from './world.js'

/** What faults may touch. */
export interface FaultScope {
  readonly random: Random
  readonly scheduler: SimScheduler
  /** Whether one is about to take over. */
  isLeaderless: boolean
  replaceScheduler(afterMs: number): void
  rivalScheduler(afterMs: number): void
  readonly front: SimFront
  readonly peerCuts: Map<string, number>
  cancelsAtEnd: boolean
  aliveExecutors(): readonly SimExecutor[]
  addExecutor(more?: Partial<ExecutorTraits>): SimExecutor
  killExecutor(executor: SimExecutor, silently: boolean): void
  drain(executor: SimExecutor): void
  repeatOldNews(): void
  repeatOldEvents(): void
  cancelSome(): void
  releaseSome(): void
  /** A time between so many seconds from now. */
  untilMs(fromSeconds: number, toSeconds: number): number
  forAWhile(fromSeconds: number, toSeconds: number, begin: () => void, end: () => void): void
  note(line: () => string): void
}

type Fault = (scope: FaultScope, executor: SimExecutor) => void

/** By name, with how often each comes. */
const faults: Readonly<Record<string, { readonly weight: number; readonly strike: Fault }>> = {
  crash: { weight: 4, strike: (s, executor) => s.killExecutor(executor, s.random.chance(0.3)) },
  'all crash': { weight: 0.7, strike: (s) => s.aliveExecutors().forEach((one) => s.killExecutor(one, false)) },
  join: { weight: 2, strike: (s) => void s.addExecutor() },
  freeze: { weight: 3, strike: (s, executor) => (executor.frozenUntilMs = s.untilMs(0.1, 40)) },
  slow: {
    weight: 1,
    strike: (s, executor) => s.forAWhile(2, 20, () => (executor.slowness = 8), () => (executor.slowness = 1)),
  },
  'engine crash': { weight: 3, strike: (_s, executor) => executor.runner.crashEngine() },
  drain: { weight: 1, strike: (s, executor) => s.drain(executor) },
  'ended by its owner': { weight: 1, strike: (_s, executor) => executor.end() },
  order: { weight: 2, strike: orderSome },
  'full disk': { weight: 1, strike: (s, executor) => (executor.diskFullUntilMs = s.untilMs(0.05, 1)) },
  'failing attempts': {
    weight: 2,
    strike: (s, executor) => s.forAWhile(0.1, 2, () => (executor.failureRate = 0.3), () => (executor.failureRate = 0)),
  },
  'little memory': { weight: 1, strike: (s) => s.aliveExecutors().forEach((one) => starve(s, one)) },
  'corrupt output': { weight: 2, strike: (s, executor) => damage(s, executor, 'corrupt') },
  'lost output': { weight: 2, strike: (s, executor) => damage(s, executor, 'lose') },
  'broken stream': { weight: 4, strike: (_s, executor) => executor.breakStream() },
  'cut off': {
    weight: 3,
    strike: (s, executor) => {
      const untilMs = s.untilMs(0.05, 45)
      const way = s.random.below(3)
      if (way !== 0) executor.cutUpUntilMs = untilMs
      if (way !== 1) executor.cutDownUntilMs = untilMs
    },
  },
  'cut between executors': { weight: 2, strike: cutPeers },
  'message again': { weight: 2, strike: (s) => s.repeatOldNews() },
  'late events': { weight: 2, strike: (s) => s.repeatOldEvents() },
  'late events of an executor': { weight: 2, strike: (_s, executor) => executor.repeatOldEvents() },
  'false news': { weight: 3, strike: lieOfOthers },
  'false announcement': { weight: 1, strike: announceFalsely },
  'cancel unasked': { weight: 1, strike: cancelUnasked },
  'success without output': { weight: 1, strike: (_s, executor) => (executor.losesCommit = true) },
  'false lost input': { weight: 1, strike: lieOfInput },
  'scheduler pause': { weight: 2, strike: (s) => s.scheduler.pauseUntil(s.untilMs(0.05, 25)) },
  'scheduler crash': { weight: 2, strike: (s) => crashScheduler(s) },
  'scheduler taken for dead': { weight: 1, strike: (s) => takeOver(s) },
  'slow planner': {
    weight: 1,
    strike: (s) => s.forAWhile(0.5, 5, () => (s.front.plannerSlowness = 50), () => (s.front.plannerSlowness = 1)),
  },
  'planner crash': { weight: 0.3, strike: (s) => (s.front.plannerCrashes = true) },
  cancel: { weight: 1, strike: (s) => s.cancelSome() },
  'cancel at the end': { weight: 1, strike: (s) => (s.cancelsAtEnd = true) },
  'careless client': { weight: 1, strike: (s) => s.releaseSome() },
  'client goes away': { weight: 1, strike: leaveOne },
  'vanishing clients': { weight: 1, strike: (s) => (s.front.vanishing = 0.7) },
  'foreign engine': { weight: 0.5, strike: addForeigner },
  'foreign protocol': { weight: 0.2, strike: (s) => void s.addExecutor({ protocolVersion: 99 }) },
}

const totalWeight = Object.values(faults).reduce((sum, { weight }) => sum + weight, 0)

/** Lets one fault happen to some executor; gives its name. */
export function strikeOnce(scope: FaultScope): string {
  const { random } = scope
  let choice = random.next() * totalWeight
  const [name, fault] = present(
    Object.entries(faults).find(([, { weight }]) => (choice -= weight) < 0) ?? Object.entries(faults)[0],
    'there are faults',
  )
  const alive = scope.aliveExecutors()
  const executor = alive.length === 0 ? scope.addExecutor() : random.pick(alive)
  scope.note(() => `fault: ${name} (${executor.traits.id.slice(-2)})`)
  fault.strike(scope, executor)
  return name
}

/** Most attempts run out of memory, alone or not: until their jobs are divided finer, or it passes. */
function starve(scope: FaultScope, executor: SimExecutor): void {
  if (scope.random.chance(0.9)) executor.littleMemoryUntilMs = scope.untilMs(0.2, 2)
}

function damage({ random }: FaultScope, executor: SimExecutor, how: 'corrupt' | 'lose'): void {
  if (executor.disk.size === 0) return
  const [id, stored] = random.pick([...executor.disk])
  executor.hasLostFiles = true
  if (how === 'corrupt') stored.isCorrupt = true
  else executor.disk.delete(id)
}

/** An operator sets some aside or sends them home, and changes his mind. */
function orderSome({ random, scheduler }: FaultScope): void {
  for (const { id: executorId } of scheduler.state.executors.values()) {
    if (random.chance(0.5)) continue
    const action = random.pick(['set-aside', 'set-aside', 'drain', 'take-back', 'take-back'] as const)
    scheduler.dispatch({ kind: 'executor-ordered', executorId, action })
  }
}

function crashScheduler(scope: FaultScope): void {
  if (scope.isLeaderless) return
  scope.scheduler.die()
  scope.replaceScheduler(scope.random.next() * 6_000)
}

/** It only stands still; when it goes on, another one may have its place. */
function takeOver(scope: FaultScope): void {
  if (scope.isLeaderless) return
  scope.scheduler.pauseUntil(scope.untilMs(0.05, 25))
  scope.rivalScheduler(scope.random.next() * 1_000)
}

/** Only while the cluster has its engine: the first one to come decides. */
function addForeigner(scope: FaultScope): void {
  if (scope.scheduler.state.engineFingerprint === ownEngine) scope.addExecutor({ fingerprint: 'another engine' })
}

function cutPeers(scope: FaultScope, executor: SimExecutor): void {
  const other = scope.random.pick(scope.aliveExecutors())
  const pair = [executor.traits.id, other.traits.id].toSorted().join(' ')
  if (other !== executor) scope.peerCuts.set(pair, scope.untilMs(0.5, 10))
}

/** It tells of an attempt that another executor has or had, that nobody has, or that never was. */
function lieOfOthers(scope: FaultScope, executor: SimExecutor): void {
  const { random } = scope
  const others = attemptsBy(scope, (on) => on !== undefined && on !== executor.traits.id)
  const idle = attemptsBy(scope, (on) => on === undefined)
  const backingOff = idle.filter((id) => findAttempt(scope.scheduler.state, id)?.attempt.delayed)
  const waiting = backingOff.length > 0 && random.chance(0.5) ? backingOff : idle
  for (let n = 0; n < 5 && others.length > 0; n++) {
    const id = random.pick(others)
    const attemptId = random.chance(0.2) ? (`${id}999` as AttemptId) : id
    const updates = [randomNews(attemptId, random.below(4))]
    // What waits may be given to him next: then nobody could tell his success from a true one.
    if (waiting.length > 0) updates.push(randomNews(random.pick(waiting), random.below(3)))
    executor.send({ kind: 'updates', updates })
  }
}

function randomNews(attemptId: AttemptId, kind: number): AttemptNews {
  switch (kind) {
    case 0:
      return { kind: 'failed', attemptId, error: ioError(), lostInputs: [] }
    case 1:
      return { kind: 'cancelled', attemptId }
    case 2:
      return { kind: 'running', attemptId, atMs: 0 }
    default:
      return { kind: 'succeeded', attemptId, report: reportOfLie }
  }
}

/** Its next stream begins with attempts that it has never had, or has no more. */
function announceFalsely(scope: FaultScope, executor: SimExecutor): void {
  const all = attemptsBy(scope, (on) => on !== undefined)
  if (all.length === 0) return
  const held = [scope.random.pick(all), scope.random.pick(all)]
  // What really runs elsewhere would take two slots.
  const running = held.filter((id) => findAttempt(scope.scheduler.state, id)?.attempt.state !== 'running')
  executor.falseClaims = scope.random.chance(0.5) ? { held, running: [] } : { held: [], running }
  executor.breakStream()
}

/** It is told to end one of its attempts although nobody wants that. */
function cancelUnasked(scope: FaultScope, executor: SimExecutor): void {
  const running = [...executor.state.attempts.values()].filter(({ phase }) => phase === 'running')
  if (running.length === 0) return
  const { attemptId } = scope.random.pick(running)
  executor.dispatch({ kind: 'cancel', attemptIds: [attemptId], atMs: 0 })
}

/** It fails one of its attempts and names an input that is where it should be, or any other attempt. */
function lieOfInput(scope: FaultScope, executor: SimExecutor): void {
  const own = attemptsBy(scope, (on) => on === executor.traits.id)
  const all = attemptsBy(scope, (on) => on !== undefined)
  if (own.length === 0 || all.length === 0) return
  const attemptId = scope.random.pick(own)
  const lostInputs = [scope.random.pick(all)]
  const error = queryError('SHUFFLE_FETCH_FAILED', { reason: 'a lie' }).toWire()
  executor.send({ kind: 'updates', updates: [{ kind: 'failed', attemptId, error, lostInputs }] })
}

const ioError = () => queryError('IO_ERROR', { reason: 'a lie' }).toWire()

/** Attempts by where they are; those just placed are not in the log yet, and nobody has heard of them. */
function attemptsBy(scope: FaultScope, fits: (on: ExecutorId | undefined) => boolean): readonly AttemptId[] {
  const jobs = [...scope.scheduler.state.jobs.values()]
  const tasks = jobs.flatMap((job) => [...job.stages.values()].flatMap((stage) => stage.tasks))
  const attempts = tasks.flatMap((task) => task.attempts)
  return attempts.filter(({ state, executorId }) => state !== 'placed' && fits(executorId)).map(({ id }) => id)
}

function leaveOne({ random, scheduler, front }: FaultScope): void {
  const running = [...scheduler.state.live.keys()]
  if (running.length > 0) front.leave(random.pick(running))
}
