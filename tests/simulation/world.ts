/** What all parts of a simulated cluster share, and what they see of each other. */
import type { AttemptId, ExecutorId, JobId } from '@arbalest/common'
import type { ExecutorState } from '@arbalest/executor/testing'
import type { ExecutorMessage, SchedulerMessage } from '@arbalest/protocol'
import type { ClusterState, Random, SchedulerFact } from '@arbalest/scheduler/testing'
import type { Coverage } from './coverage.js'
import type { Rows } from './rows.js'
import type { SimClock } from './sim-clock.js'
import type { SimJob } from './sim-job.js'
import type { Arrival, Wire } from './sim-stream.js'

export interface World {
  readonly clock: SimClock
  readonly random: Random
  readonly coverage: Coverage
  readonly jobs: Map<JobId, SimJob>
  /** Every executor there ever was. */
  readonly executors: ReadonlyMap<ExecutorId, ExecutorNode>
  readonly scheduler: SchedulerNode
  /** What each run of an attempt has computed, by the number of the run. */
  readonly runs: Rows[]
  /** What each attempt has committed, wherever it is now. */
  readonly committed: Map<AttemptId, Rows>
  /** What lies in the directories of tables, which all executors share. */
  readonly tables: Map<AttemptId, Rows>
  /** Pairs of executors (`one other`) that do not reach each other, and until when. */
  readonly peerCuts: Map<string, number>
  /** A line of the trace; written only when somebody reads it. */
  readonly trace: (line: () => string) => void
}

export interface ExecutorTraits {
  readonly id: ExecutorId
  readonly host: string
  readonly slots: number
  /** So many fewer attempts run at once than it says: others wait there. */
  readonly missingSlots: number
  readonly memoryLimitBytes: number
  readonly fingerprint: string
  readonly protocolVersion: number
}

export interface StoredOutput {
  readonly rows: Rows
  /** The partitions in each file, by its position. */
  readonly files: readonly (readonly number[])[]
  isCorrupt: boolean
}

/** An executor as others meet it. */
export interface ExecutorNode {
  readonly traits: ExecutorTraits
  readonly state: ExecutorState
  readonly disk: Map<AttemptId, StoredOutput>
  /** Jobs that have a directory here. */
  readonly jobs: ReadonlySet<JobId>
  readonly isAlive: boolean
  readonly frozenUntilMs: number
  /** Files of it have gone or are damaged. */
  readonly hasLostFiles: boolean
  readonly attemptsUnderWay: number
}

/** The scheduler as others meet it. */
export interface SchedulerNode {
  readonly state: ClusterState
  readonly isUp: boolean
  readonly pausedUntilMs: number
  /** Takes a stream; the result takes what arrives on it. */
  accept(down: Wire<SchedulerMessage>): (arrival: Arrival<ExecutorMessage>) => void
  dispatch(fact: SchedulerFact): void
  /** Calls when the log has all that happened until now; never when the process dies before. */
  whenRecorded(hear: () => void): void
}

/** The engine of the cluster. */
export const ownEngine = 'duckdb'

export const shortId = (id: string): string => id.replaceAll(/([ej])[a-z0-9]{14}([a-z0-9]{2})/g, '$1$2')
