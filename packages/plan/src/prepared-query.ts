/**
 * A planned SELECT, not yet unfolded: what the front hands to the scheduler as an opaque text and the
 * unfolding planner goes on from. Encoded by `encode.ts`.
 */
import type { Column, SessionSettings } from '@arbalest/common'
import type { Plan } from './plan.js'
import type { FileLayout, ScanInput, StageSpec } from './stage.js'
import type { TableSource } from './table-source.js'

export interface PreparedQuery {
  /** The result's columns with the user's names. */
  readonly columns: readonly Column[]
  /** The query as one fragment: its own text with the tables renamed to inputs. */
  readonly whole: {
    readonly sql: string
    readonly inputs: readonly ScanInput[]
    /** Temporary macros and types that the text uses: statements to run before it, over the same inputs. */
    readonly prelude?: readonly string[]
  }
  /** The plan to distribute, or why there is none. */
  readonly logical:
    | { readonly kind: 'plan'; readonly plan: Plan }
    | { readonly kind: 'unreadable'; readonly reason: string }
    /** The query runs whole whatever its plan is. */
    | { readonly kind: 'unneeded'; readonly reason: string }
  /** The tables of the plan's scans by source id. */
  readonly sources: Readonly<Record<string, TableSource>>
  readonly settings: SessionSettings
  /** Whether the result's columns are sent as text, each as `CAST(v AS VARCHAR)` gives it. */
  readonly textResult: boolean
  /** Where the rows go instead of to the client. */
  readonly target?: WriteTarget
}

export interface WriteTarget {
  /** Absolute; all executors share it. */
  readonly directory: string
  /** The columns of the files, as many as the query gives and of the same types. */
  readonly columns: readonly Column[]
  /** Files for a user; files of a managed table unless given. */
  readonly layout?: FileLayout
  /** Of a managed table: its rows go into files by their bucket, said by the columns at these positions. */
  readonly buckets?: { readonly columns: readonly number[]; readonly count: number }
  /** Whether one task writes all rows, in their order. */
  readonly inOneTask?: boolean
}

/** What the cluster looks like to the planner. */
export interface ClusterFacts {
  readonly executors: number
  readonly slots: number
  readonly threadsPerExecutor: number
  /** Threads that can run at once on all machines together; executors × threads unless given. */
  readonly threadsAtOnce?: number
  /** As many as executors unless given. */
  readonly machines?: number
  /** Partitions and tasks of a job that has run out of memory, as multiples of the usual; 1 unless given. */
  readonly partitionsTimes?: number
}

/** A choice of the unfolding planner and the facts it was made on, for EXPLAIN ANALYZE and the log. */
export interface Decision {
  /** The stage or operator it is about, e.g. `join n12`. */
  readonly about: string
  readonly choice: string
  readonly facts: string
}

/** One step of unfolding. `finished` when the result stage is among the stages published so far. */
export interface UnfoldStep {
  readonly mode: 'whole' | 'distributed'
  /** Why this mode. */
  readonly modeReason: string
  readonly stages: readonly StageSpec[]
  readonly decisions: readonly Decision[]
  readonly finished: boolean
}

/** The step that unfolding begins with on such a cluster. */
export interface FirstStep {
  readonly cluster: ClusterFacts
  readonly step: UnfoldStep
}
