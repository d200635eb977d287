/** All that the scheduler knows. The transitions in this folder are its only writers. */
import {
  limits,
  type AttemptId,
  type Column,
  type ExecutorId,
  type JobId,
  type StageId,
  type WireError,
} from '@arbalest/common'
import type {
  AttemptReport, ClusterFacts, Decision, ShufflePiece, StageFacts, StageSpec, TaskSpec,
} from '@arbalest/plan'
import type { TaskDistribution } from './task-distribution.js'
import type { ExecutorAnnouncement, ExecutorVitals, Submission } from './event.js'
import { defaultPool, type PoolRules } from './pool-rules.js'
import type { ResultPlace } from './job-log.js'
import type { Standing } from './standing.js'

/** The limits the core obeys, from `limits.ts` unless a test or an operator says otherwise. */
export interface CoreLimits {
  readonly attemptsPerTaskMax: number
  readonly lossesPerTaskMax: number
  readonly recomputationsPerStageMax: number
  readonly partitionsTimesMax: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  readonly stragglerTimes: number
  readonly stragglerMinMs: number
  readonly stragglerCheckMs: number
  readonly executorTimeoutMs: number
  readonly executorFailuresMax: number
  readonly executorPauseMs: number
  readonly executorPauseMaxMs: number
  readonly reattachGraceMs: number
  readonly restartGraceMs: number
  readonly noExecutorGraceMs: number
  readonly abandonedJobMs: number
  readonly cancelGraceMs: number
  readonly jobsMax: number
  readonly finishedJobsKept: number
  readonly finishedJobsBytesMax: number
  readonly finishedJobsKeptMin: number
  readonly lostExecutorsKept: number
  readonly resultRetentionMs: number
  readonly inlineInputBytesMax: number
  readonly sharedPiecesMin: number
}

export interface ClusterState {
  readonly limits: CoreLimits
  readonly protocolVersion: number
  /** The one engine of this cluster; free again when no executor and no published stage is left. */
  engineFingerprint: string | undefined
  readonly executors: Map<ExecutorId, Executor>
  /** Goes up when an executor comes, goes, is in doubt, or changes its standing. */
  places: number
  /** Made again when it is asked for after such a change. */
  freeSlots: FreeSlots | undefined
  /** Lists of pieces made so far: each has a number of its own. */
  listsMade: number
  /** Every job known, in the order of submission. */
  readonly jobs: Map<JobId, Job>
  /** The jobs that have not ended. */
  readonly live: Map<JobId, Job>
  /** Ended jobs, oldest first. */
  readonly ended: Set<JobId>
  /** What they take together, about. */
  endedBytes: number
  /** By name; `default` is among them. */
  readonly pools: ReadonlyMap<string, PoolRules>
  readonly distribution: TaskDistribution
  /** The job that was served last: the next round begins behind it. */
  lastServed: JobId | undefined
  /** When stragglers were looked for. */
  lookedForStragglersMs: number
  /** Attempts that must run with nothing beside them, waiting for their turn. */
  readonly aloneWaiting: Set<AttemptId>
  /** The one attempt whose turn it is, and the executor kept free for it. */
  alone: { readonly attemptId: AttemptId; readonly executorId: ExecutorId } | undefined
}

/**
 *            stream broke             not back in time, or silent
 *   active -----------------> suspect --------------------------> lost
 *     |  ^                      |  ^                               |
 *     |  +------ re-attached ---+  |                               |
 *     v  <-------------------------|--------- re-attached ---------+
 *   draining ----------------------+          (an active one again)
 *
 * Only an active executor gets new attempts, unless it is set aside. Lost ones are kept for a while to be shown.
 */
export interface Executor {
  readonly id: ExecutorId
  announcement: ExecutorAnnouncement
  state: 'active' | 'suspect' | 'draining' | 'lost'
  /** It has said that it leaves: it comes back from `suspect` as draining. */
  draining: boolean
  /** An operator wants it to leave: until it ends this can be taken back. */
  drainsByOrder: boolean
  /** An operator has set it aside. */
  isCordoned: boolean
  /** It was told to end: its stream's end is its farewell. */
  leaving: boolean
  streamId: number
  lastSeenMs: number
  vitals: ExecutorVitals | undefined
  /**
   * Attempts that take a slot: placed, running, or given up and not yet confirmed as ended; those have
   * the time since when.
   */
  readonly busy: Map<AttemptId, number | undefined>
  /** Whether attempts succeed there. */
  standing: Standing
  /** Attempts it says have ended, whose reports broke off with the last stream. */
  readonly unreported: Set<AttemptId>
}

export type JobState = 'queued' | 'planning' | 'running' | 'succeeded' | 'failed' | 'cancelled'

/**
 *   queued --an executor is there--> planning --first stages--> running --result stage--> succeeded
 *     |                                 |                          |
 *     +---------------------------------+--------------------------+--> failed | cancelled
 *
 * succeeded, failed and cancelled are final.
 */
export interface Job {
  readonly id: JobId
  readonly token: string
  readonly submission: Submission
  readonly submittedMs: number
  state: JobState
  startedMs: number | undefined
  endedMs: number | undefined
  revision: number
  /** The cluster as it was when the job was first planned: the plan's divisions hang on it. */
  cluster: ClusterFacts | undefined
  mode: 'whole' | 'distributed' | undefined
  modeReason: string | undefined
  readonly decisions: Decision[]
  readonly stages: Map<StageId, Stage>
  nextStageId: number
  /** The planner should be asked: at the start, and after each stage while the plan is unfinished. */
  planWanted: boolean
  /** The planner is being asked. */
  planning: boolean
  /** All stages are published. */
  planFinished: boolean
  /** Attempts of it that were sent to an executor and have not ended. */
  slotsUsed: number
  /** Executors that may hold files of the job. */
  readonly executors: Set<ExecutorId>
  error: WireError | undefined
  result: JobResult | undefined
  /** What its query and its stages take in memory, about; 0 until it has ended. */
  bytes: number
}

export interface JobResult {
  readonly columns: readonly Column[]
  readonly rows: number
  readonly bytes: number
  /** Empty once released. */
  parts: readonly ResultPlace[]
  released: boolean
  /** Why rows are gone although the job succeeded. */
  lost: string | undefined
}

export type StageState =
  | 'waiting' | 'ready' | 'running' | 'succeeded' | 'failed' | 'skipped' | 'cancelled'

/**
 *   waiting --all inputs there--> ready --first attempt--> running --all tasks done--> succeeded
 *      ^                            |                        ^                           |
 *      +------ an input lost -------+                        +--- output lost, needed ---+
 *
 * With its job it ends as failed, cancelled, or skipped when nobody needed it.
 */
export interface Stage {
  readonly id: StageId
  readonly spec: StageSpec
  readonly tasks: readonly Task[]
  /** The stages it reads, and the published ones that read it. */
  readonly producers: readonly StageId[]
  readonly consumers: Set<StageId>
  state: StageState
  /** Tasks without an output. */
  missing: number
  /** Tasks that may be placed as soon as their inputs are there, in the order they came up. */
  readonly open: Set<number>
  /** Tasks with an output on, or an attempt sent to, each executor. */
  readonly loads: Map<ExecutorId, number>
  /** Its files with rows by partition, gathered when somebody reads them; gone when an output comes or goes. */
  files: StageFiles | undefined
  /** Measured when it first succeeded. */
  facts: StageFacts | undefined
  /** Executors whose engine has crashed while attempts of its job alone ran there. */
  readonly crashedAloneOn: Set<ExecutorId>
  /** Goes up when the stage starts again whole: older attempts no longer fit. */
  generation: number
}

/** What a finished stage has left. */
export interface StageFiles {
  /** In the order of the tasks. */
  readonly all: readonly OutputFile[]
  readonly byPartition: readonly (readonly OutputFile[])[]
  /** Bytes by the executor they lie on; what travels inline lies nowhere. */
  readonly bytesByExecutor: ReadonlyMap<ExecutorId, number>
  /** What all who read everything are sent, as long as nothing has changed its place. */
  shared: SharedPieces | undefined
}

/** Who may have a free slot. */
export interface FreeSlots {
  /** `ClusterState.places` when it was made. */
  readonly places: number
  /** Those that get attempts, full or not, with their place in the order of arrival. */
  readonly order: ReadonlyMap<Executor, number>
  readonly suspects: ReadonlySet<ExecutorId>
  /** Of these all that are not full, in that order when they are asked for. */
  readonly maybe: Set<Executor>
}

/** Where the files of a stage are, made once for many attempts. */
export interface SharedPieces {
  readonly name: string
  /** `ClusterState.places` when it was made. */
  readonly places: number
  readonly pieces: readonly ShufflePiece[]
  readonly bytes: number
}

/** One file with rows of a finished attempt. */
export interface OutputFile {
  readonly output: Attempt
  readonly report: AttemptReport
  /** Position in the report's files. */
  readonly file: number
  readonly rows: number
  readonly bytes: number
}

/**
 * A task has an attempt under way, or an output, or neither when its lost output is not needed. One that takes too
 * long has a second attempt under way elsewhere; when one of the two ends, the other is its only one.
 */
export interface Task {
  readonly spec: TaskSpec
  /** In the order they were made; the position + 1 is the attempt's number. */
  readonly attempts: Attempt[]
  current: Attempt | undefined
  /** The second one, on another executor; only beside a first that is on one. */
  twin: Attempt | undefined
  output: Attempt | undefined
  /** Failures that count against the limit of attempts. */
  failures: number
  /** Attempts lost through no fault of the task: with their executor, or for want of an input. */
  losses: number
  recomputations: number
  /** Executors on which it failed. */
  readonly avoid: Set<ExecutorId>
  /** What it takes in memory, about, once its inputs have been there. */
  memoryBytes: number | undefined
  /** It failed in a way that others beside it may have caused or suffered from. */
  alone: boolean
}

export type AttemptState = 'waiting' | 'placed' | 'running' | 'succeeded' | 'failed' | 'lost' | 'cancelled'

/**
 *   waiting --> placed --> running --> succeeded <--> lost (its executor went, and may come back)
 *      |           |          |
 *      +-----------+----------+--> failed | lost | cancelled
 *
 * failed and cancelled are final; an attempt lost before it succeeded too.
 */
export interface Attempt {
  readonly id: AttemptId
  readonly generation: number
  state: AttemptState
  /** It waits for the end of a back-off. */
  delayed: boolean
  alone: boolean
  executorId: ExecutorId | undefined
  placedMs: number | undefined
  endedMs: number | undefined
  report: AttemptReport | undefined
  error: WireError | undefined
  /** An engine crashed with this and attempts of other jobs on its executor. */
  isBesideCrash: boolean
  /** A reader could not find its file: the inline copy goes along even to its own executor. */
  inlineAlways: boolean
}

const defaultLimits: CoreLimits = {
  attemptsPerTaskMax: limits.attemptsPerTaskMax,
  lossesPerTaskMax: limits.lossesPerTaskMax,
  recomputationsPerStageMax: limits.recomputationsPerStageMax,
  partitionsTimesMax: limits.partitionsTimesMax,
  retryBackoffMs: limits.retryBackoffMs,
  retryBackoffMaxMs: limits.retryBackoffMaxMs,
  stragglerTimes: limits.stragglerTimes,
  stragglerMinMs: limits.stragglerMinMs,
  stragglerCheckMs: limits.stragglerCheckMs,
  executorTimeoutMs: limits.executorTimeoutMs,
  executorFailuresMax: limits.executorFailuresMax,
  executorPauseMs: limits.executorPauseMs,
  executorPauseMaxMs: limits.executorPauseMaxMs,
  reattachGraceMs: limits.reattachGraceMs,
  restartGraceMs: limits.restartGraceMs,
  noExecutorGraceMs: limits.noExecutorGraceMs,
  abandonedJobMs: limits.abandonedJobMs,
  cancelGraceMs: limits.cancelGraceMs,
  jobsMax: limits.jobsMax,
  finishedJobsKept: limits.finishedJobsKept,
  finishedJobsBytesMax: limits.finishedJobsBytesMax,
  finishedJobsKeptMin: limits.finishedJobsKeptMin,
  lostExecutorsKept: limits.lostExecutorsKept,
  resultRetentionMs: limits.resultRetentionMs,
  inlineInputBytesMax: limits.inlineInputBytesMax,
  sharedPiecesMin: limits.sharedPiecesMin,
}

/** `ownLimits` go before those of `limits.ts`. A default pool is there in any case, with weight 1 unless given. */
export function createState(
  ownLimits: Partial<CoreLimits>,
  protocolVersion: number,
  pools: ReadonlyMap<string, PoolRules> = new Map(),
  distribution: TaskDistribution = 'locality',
): ClusterState {
  return {
    limits: { ...defaultLimits, ...ownLimits },
    protocolVersion,
    engineFingerprint: undefined,
    executors: new Map(),
    places: 0,
    freeSlots: undefined,
    listsMade: 0,
    jobs: new Map(),
    live: new Map(),
    ended: new Set(),
    endedBytes: 0,
    pools: new Map([[defaultPool, { weight: 1, slotsMax: undefined }], ...pools]),
    distribution,
    lastServed: undefined,
    lookedForStragglersMs: 0,
    aloneWaiting: new Set(),
    alone: undefined,
  }
}

export function isTerminal(state: JobState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled'
}

/** Whether files of the job on its executors may still be read. */
export function needsFiles({ state, result }: Job): boolean {
  return !isTerminal(state) || result?.released === false
}

/** Whether an attempt has been launched and not ended. */
export function isOnExecutor(attempt: Attempt | undefined): boolean {
  return attempt?.state === 'placed' || attempt?.state === 'running'
}

/** The attempts of a task that have not ended. */
export const underWay = ({ current, twin }: Task): readonly Attempt[] =>
  [current, twin].filter((attempt) => attempt !== undefined)

export function activeExecutors(state: ClusterState): readonly Executor[] {
  return [...state.executors.values()].filter(isActive)
}

/** Whether it may get attempts. */
export const isActive = ({ state, isCordoned }: Executor): boolean => state === 'active' && !isCordoned

/** An attempt with all that it belongs to. */
export interface AttemptPlace {
  readonly job: Job
  readonly stage: Stage
  readonly task: Task
  readonly attempt: Attempt
}

/** The job in an attempt id, whether it is known or not. */
export const jobIdOf = (id: AttemptId): JobId => id.slice(0, id.indexOf('/')) as JobId

/** Looks an attempt id up; ids of forgotten jobs and ids that are none give `undefined`. */
export function findAttempt(state: ClusterState, id: AttemptId): AttemptPlace | undefined {
  const [jobId, stageId, taskNumber, number] = id.split('/')
  const job = state.jobs.get(jobId as JobId)
  const stage = job?.stages.get(Number(stageId) as StageId)
  const task = stage?.tasks[Number(taskNumber)]
  const attempt = task?.attempts[Number(number) - 1]
  if (!job || !stage || !task || attempt?.id !== id) return undefined
  return { job, stage, task, attempt }
}
