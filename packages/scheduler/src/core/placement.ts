/**
 * Push placement: open tasks onto free slots, one task of one job after the other as fairness wants it, until
 * nothing fits. Deterministic: ties are broken by the order of arrival.
 */
import { type AttemptId, assert, type ExecutorId, present } from '@arbalest/common'
import { buildAttempt, inputBytesByExecutor } from './attempt-spec.js'
import { preferredFor } from './preferred-executors.js'
import { shareSlots, wantsSlots } from './fair-share.js'
import { freeSlotsOf } from './free-slots.js'
import { isAdmitted, memoryOf, memoryTaken } from './memory.js'
import { takesMore, usableExecutors } from './set-aside.js'
import { inputsThere, settleStage, shuffleInputs, stageOf, tasksRead } from './stage.js'
import {
  type AttemptPlace, type ClusterState, type Executor, findAttempt, isActive, type Job,
  type Stage, type Task,
} from './state.js'
import { countLoad, outlivesExecutor, withdraw } from './task.js'
import type { TaskDistribution } from './task-distribution.js'
import { record, type Turn } from './turn.js'

/** What placement looks at: who may get attempts, and who is in doubt. */
interface Room {
  readonly state: ClusterState
  /** How many may get attempts, free or not. */
  readonly active: number
  free: readonly Candidate[]
  /** Those that were free at the beginning. */
  readonly candidates: readonly Candidate[]
  /** What each candidate has of a stage, by its index: looked up once for all the stage's tasks. */
  readonly loads: Map<Stage, number[]>
  readonly suspects: ReadonlySet<ExecutorId>
}

interface Candidate {
  readonly executor: Executor
  readonly index: number
  /** What its attempts take, once somebody has asked. */
  takenBytes: number | undefined
}

/** Places all that can be placed now. Linear in launches times free executors. */
export function placeAttempts(turn: Turn): void {
  const { state } = turn
  placeAlone(turn)
  if (!wantsSlots(state)) return
  const room = roomOf(state)
  shareSlots(state, () => room.free.length > 0, (job) => {
    const taker = placeNext(turn, job, room)
    if (taker && !hasRoom(state, taker.executor)) leaveOut(room, taker)
    return taker !== undefined
  })
}

function leaveOut(room: Room, candidate: Candidate): void {
  room.free = room.free.filter((one) => one !== candidate)
}

function roomOf(state: ClusterState): Room {
  const { order, suspects, maybe } = freeSlotsOf(state)
  const free: Candidate[] = []
  for (const executor of maybe) {
    if (hasRoom(state, executor)) free.push({ executor, index: free.length, takenBytes: undefined })
  }
  return { state, active: order.size, free, candidates: free, loads: new Map(), suspects }
}

export const suspectsOf = (state: ClusterState): ReadonlySet<ExecutorId> => freeSlotsOf(state).suspects

/** Places one attempt of a job; gives the executor if there was one that fitted. */
function placeNext(turn: Turn, job: Job, room: Room): Candidate | undefined {
  for (const stage of job.stages.values()) {
    const place = stage.open.size === 0 ? undefined : firstFitting(job, stage, room)
    if (!place) continue
    const { taker } = place
    launch(turn, place, taker.executor)
    taker.takenBytes = undefined
    const loads = loadsOf(room, stage)
    loads[taker.index] = (loads[taker.index] ?? 0) + 1
    turn.state.lastServed = job.id
    return taker
  }
  return undefined
}

/** The first open task that has an executor. Tasks without a history are refused all alike. */
function firstFitting(
  job: Job,
  stage: Stage,
  room: Room,
): (AttemptPlace & { readonly taker: Candidate }) | undefined {
  let newOnesRefused = false
  for (const number of stage.open) {
    const task = present(stage.tasks[number], 'open tasks belong to their stage')
    const isNew = task.attempts.length === 1
    if ((isNew && newOnesRefused) || !isPlaceable(room.suspects, job, stage, task)) continue
    const attempt = present(task.current, 'an open task has an attempt')
    const taker = choose(room, { job, stage, task, attempt })
    if (taker) return { job, stage, task, attempt, taker }
    if (isNew) newOnesRefused = true
  }
  return undefined
}

/** Inputs on a suspect executor are there or not: that will be known soon. */
export function isPlaceable(suspects: ReadonlySet<ExecutorId>, job: Job, stage: Stage, task: Task): boolean {
  if (!inputsThere(job, stage, task)) return false
  if (stage.producers.length === 0 || suspects.size === 0) return true
  return shuffleInputs(stage.spec).every((input) => {
    const producer = stageOf(job, input.stageId)
    return tasksRead(job, input, task).every(({ output }) => {
      if (output?.executorId === undefined || outlivesExecutor(producer, output)) return true
      return !suspects.has(output.executorId)
    })
  })
}

export function hasRoom(state: ClusterState, executor: Executor): boolean {
  const hasSlot = executor.busy.size < executor.announcement.slots && takesMore(executor)
  return hasSlot && state.alone?.executorId !== executor.id
}

/**
 * In this order: who wrote what the task reads one to one; who has fewest tasks of the stage, so that a
 * stage spreads; who has most of the input's bytes; who has most free slots; who came first. Who has too little
 * memory left is left out.
 */
function choose(room: Room, place: AttemptPlace): Candidate | undefined {
  const { job, stage, task } = place
  const isPicky = task.avoid.size > 0 || (job.submission.labels ?? []).length > 0
  const acceptable = isPicky ? new Set(acceptableFor(room.state, job, task)) : undefined
  const { distribution } = room.state
  const quota = distribution === 'bias' ? Infinity : spreadQuota(place, acceptable?.size ?? room.active)
  const isAlone = room.free.length < 2
  const writers = new Set(isAlone ? [] : oneToOneWriters(job, stage, task))
  const bytes = isAlone ? undefined : inputBytesByExecutor(job, place)
  const loads = loadsOf(room, stage)
  const bytesTaken = memoryOf(job, stage, task)
  let best: Offer | undefined
  let roomiest: Candidate | undefined
  for (const candidate of room.free) {
    const { executor, index } = candidate
    const load = loads[index] ?? 0
    if (load >= quota || acceptable?.has(executor) === false) continue
    if (best && writers.size === 0 && load > best.load && distribution !== 'bias') continue
    if (bytesTaken > 0 && !fits(room, candidate, bytesTaken)) {
      if (roomiest === undefined || leftIn(room, candidate) > leftIn(room, roomiest)) roomiest = candidate
      continue
    }
    const writes = writers.has(executor.id)
    const offer = { candidate, writes, load, bytes: bytes?.get(executor.id) ?? 0, free: freeSlots(executor) }
    if (best === undefined || isBetter(offer, best, distribution)) best = offer
  }
  // Kept from others, or smaller tasks would fill it for ever.
  if (best === undefined && roomiest) leaveOut(room, roomiest)
  return best?.candidate
}

const takenIn = ({ state }: Room, candidate: Candidate): number =>
  (candidate.takenBytes ??= memoryTaken(state, candidate.executor))

const fits = (room: Room, candidate: Candidate, bytes: number): boolean =>
  isAdmitted(candidate.executor, takenIn(room, candidate), bytes)

const leftIn = (room: Room, candidate: Candidate): number => memoryOfAll(candidate.executor) - takenIn(room, candidate)

function loadsOf(room: Room, stage: Stage): number[] {
  const known = room.loads.get(stage)
  if (known) return known
  const loads = room.candidates.map(({ executor }) => stage.loads.get(executor.id) ?? 0)
  room.loads.set(stage, loads)
  return loads
}

interface Offer {
  readonly candidate: Candidate
  readonly writes: boolean
  readonly load: number
  readonly bytes: number
  readonly free: number
}

function isBetter(offer: Offer, than: Offer, distribution: TaskDistribution): boolean {
  if (distribution === 'round-robin') return offer.load === than.load ? offer.free > than.free : offer.load < than.load
  if (distribution === 'bias' && offer.load !== than.load) return offer.load > than.load
  if (offer.writes !== than.writes) return offer.writes
  if (offer.load !== than.load) return offer.load < than.load
  return offer.bytes === than.bytes ? offer.free > than.free : offer.bytes > than.bytes
}

/** Not where it has failed, as long as there is anybody else, and where its job prefers to be. */
function acceptableFor(state: ClusterState, job: Job, task: Task): readonly Executor[] {
  const usable = preferredFor(job, usableExecutors(state))
  if (task.avoid.size === 0) return usable
  const others = usable.filter((executor) => !task.avoid.has(executor.id))
  return others.length > 0 ? others : usable
}

/**
 * A scan is read evenly by all executors: none takes more than its share of the first attempts, even
 * while others are busy. There is always one below its share while a first attempt is open.
 */
function spreadQuota({ stage, task }: AttemptPlace, executors: number): number {
  const splits = stage.spec.inputs.some((input) => input.kind === 'scan' && input.mode === 'split')
  if (!splits || task.attempts.length > 1) return Infinity
  return Math.ceil(stage.tasks.length / Math.max(executors, 1))
}

function oneToOneWriters(job: Job, stage: Stage, task: Task): readonly (string | undefined)[] {
  return shuffleInputs(stage.spec)
    .filter((input) => input.mode === 'task')
    .flatMap((input) => tasksRead(job, input, task).map((producer) => producer.output?.executorId))
}

function freeSlots(executor: Executor): number {
  return executor.announcement.slots - executor.busy.size
}

const memoryOfAll = ({ announcement }: Executor): number => announcement.memoryLimitBytes

/** One attempt at a time in the whole cluster runs alone, on an executor with most memory, kept free for it. */
function placeAlone(turn: Turn): void {
  const { state } = turn
  if (state.alone === undefined && state.aloneWaiting.size === 0) return
  if (state.alone && !isStillWaitingFor(state)) state.alone = undefined
  if (!state.alone) {
    const place = [...state.aloneWaiting].map((id) => placeable(state, id)).find((found) => found)
    if (!place) return
    const acceptable = acceptableFor(state, place.job, place.task)
    const roomiest = acceptable.toSorted((a, b) => memoryOfAll(b) - memoryOfAll(a) || a.busy.size - b.busy.size)[0]
    if (!roomiest) return
    state.alone = { attemptId: place.attempt.id, executorId: roomiest.id }
  }
  const place = placeable(state, state.alone.attemptId)
  const executor = state.executors.get(state.alone.executorId)
  if (place?.attempt.state === 'waiting' && executor?.busy.size === 0) launch(turn, place, executor)
}

function placeable(state: ClusterState, id: AttemptId): AttemptPlace | undefined {
  const place = findAttempt(state, id)
  return place && isPlaceable(suspectsOf(state), place.job, place.stage, place.task) ? place : undefined
}

/** Whether the reservation still makes sense: the attempt runs, or can still run there. */
function isStillWaitingFor(state: ClusterState): boolean {
  if (!state.alone) return false
  const place = findAttempt(state, state.alone.attemptId)
  if (place?.attempt.state !== 'waiting') return place !== undefined
  const executor = state.executors.get(state.alone.executorId)
  const active = executor !== undefined && isActive(executor)
  return active && isPlaceable(suspectsOf(state), place.job, place.stage, place.task)
}

export function launch(turn: Turn, place: AttemptPlace, executor: Executor): void {
  const { job, stage, attempt } = place
  assert(attempt.state === 'waiting', 'an attempt is placed once')
  withdraw(turn, place)
  const { spec, inlineBytes, localBytes, shuffleBytes } = buildAttempt(turn.state, place, executor)
  attempt.state = 'placed'
  job.slotsUsed += 1
  attempt.executorId = executor.id
  countLoad(stage, attempt, 1)
  attempt.placedMs = turn.atMs
  executor.busy.set(attempt.id, undefined)
  job.executors.add(executor.id)
  turn.changed.add(job)
  turn.launches.push({ executorId: executor.id, job, spec, inlineBytes })
  record(turn, {
    kind: 'attempt-placed',
    attemptId: attempt.id,
    executorId: executor.id,
    localBytes,
    shuffleBytes,
    alone: attempt.alone,
  })
  settleStage(turn, job, stage)
}
