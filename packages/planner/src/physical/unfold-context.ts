/** What the unfolding planner knows and may do while it walks a plan. */
import type { Decision, Expr, ExchangeKind, StageFacts, ValueDivision } from '@arbalest/plan'
import type { SessionSettings, StageId } from '@arbalest/common'
import type { Borders, Distributed, Fragment } from './fragment.js'
import type { PlanFacts } from './plan-facts.js'

/** A stage that can run now. `hashKeys` divide its output; without them it stays as its tasks wrote it. */
export interface StageRequest {
  readonly key: string
  readonly exchange: ExchangeKind
  readonly reason: string
  readonly fragment: Fragment
  readonly hashKeys: readonly Expr[] | undefined
  /** Divides the output by the value of the one key instead of by its hash. */
  readonly borders?: Borders | undefined
  /** Divides the output instead: the column that holds each row's partition. It is written only if it is live. */
  readonly partitionColumn?: number | undefined
  /** Whether rows that differ in the last bits when they are computed again would be misplaced. */
  readonly mustBeSame?: boolean
  /** Whether task n of a later stage may read what task n of this one wrote. */
  readonly isContinued: boolean
}

export type StageProgress =
  | { readonly kind: 'unpublished' }
  | { readonly kind: 'running'; readonly stageId: StageId }
  | { readonly kind: 'finished'; readonly stageId: StageId; readonly facts: StageFacts }

export interface UnfoldContext extends PlanFacts {
  /** Most tasks of a divided stage, and how many there are where stages go on task by task. */
  readonly tasks: number
  /** Partitions of a hash exchange. */
  readonly partitions: number
  /** Whether rows are marked with their partition instead of being written by partition. */
  readonly isMarked: boolean
  /** Tables with at most so many rows are read whole by every task. */
  readonly replicatedRowsMax: number
  /** How scans are divided that lie alike, by their ids. */
  readonly divisions: ReadonlyMap<number, ValueDivision>
  /** Scans whose files go to the tasks by bucket: the columns that say it, as positions in the table, by scan. */
  readonly bucketKeys: ReadonlyMap<number, readonly number[]>
  /** By which of its groups an aggregate's rows are divided best, by its id; likewise columns of a DISTINCT. */
  readonly wantedKeys: ReadonlyMap<number, readonly number[]>
  /** UNION ALLs whose order is the order of the answer, by id. */
  readonly orderedUnions: ReadonlySet<number>
  readonly settings: SessionSettings
  progressOf(key: string): StageProgress
  /** What a finished stage has written. */
  writtenBy(stageId: StageId): StageFacts
  publish(request: StageRequest): void
  /** How many stages have been asked for; `publishOnly` takes back those asked for since. */
  publishedCount(): number
  publishOnly(count: number): void
  decide(decision: Decision): void
  /** An operator id that the plan does not use. */
  freshId(): number
  readonly ctes: Map<number, Distributed>
  readonly delims: Map<number, Fragment>
}
