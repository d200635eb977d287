/**
 * A stage as published: SQL over named inputs, how its output is divided, and its tasks. This is what
 * the planner hands to the scheduler, what the job log keeps and what EXPLAIN VERBOSE prints.
 */
import type { AttemptId, Column, ExecutorId, StageId } from '@arbalest/common'
import type { FileFormat, FileSplit, KeptValues, ReaderOptions, SourceFile } from './table-source.js'

/** Files of a table: split among the tasks, or all of them read by every task. */
export interface ScanInput {
  readonly kind: 'scan'
  /** The name the SQL uses: `input_0`, `input_1`, … */
  readonly name: string
  readonly table: string
  readonly reader: ReaderOptions
  /** The columns that the SQL uses, with the types they must have. */
  readonly columns: readonly Column[]
  readonly files: readonly SourceFile[]
  readonly mode: 'split' | 'all'
  /** The column whose values say which task a row belongs to; without it files are cut anywhere. */
  readonly dividedBy?: string
  /** Whether files go to the tasks that have their buckets among their partitions. */
  readonly isByBucket?: boolean
}

/**
 * The output of an earlier stage of the same job. `partition`: a task reads its slice of the hash
 * partitions; `task`: task n reads what task n wrote; `all`: every task reads everything.
 */
export interface ShuffleInput {
  readonly kind: 'shuffle'
  readonly name: string
  readonly stageId: StageId
  readonly mode: 'partition' | 'task' | 'all'
  /** Columns as the SQL sees them (decoded); in the file they lie encoded by the edge codec. */
  readonly columns: readonly Column[]
}

export type StageInput = ScanInput | ShuffleInput

/**
 * How a stage leaves its rows. `single`: one Parquet file a task. `hash`: the SQL's last column is `__p`,
 * the partition number below `partitions`, by hash or by range; a file for each partition, or, where
 * `isMarked`, one file a task that keeps `__p`, from which readers pick their rows. `result`: an Arrow IPC
 * stream for the client. `table`: Parquet files of a managed table, moved into `directory`, which all
 * executors share; with `buckets` the last column is `__p`, the bucket below that number, and each file has
 * the rows of one. `files`: files as a user asked for them, moved into `directory`.
 */
export type StageOutput =
  | { readonly kind: 'single' }
  | {
      readonly kind: 'hash'
      readonly partitions: number
      readonly isMarked: boolean
      /** Marked rows lie in the order of their partitions: readers open a part of the file. False unless given. */
      readonly isSorted?: boolean
    }
  | { readonly kind: 'result' }
  | { readonly kind: 'table'; readonly directory: string; readonly buckets?: number }
  | ({ readonly kind: 'files'; readonly directory: string } & FileLayout)

/** How files that a user asked for are written. */
export interface FileLayout {
  readonly format: FileFormat
  /** Options of DuckDB's writer by name, values as SQL text. */
  readonly options: Readonly<Record<string, string>>
  /** Columns whose values become directories. */
  readonly partitionBy: readonly string[]
}

/** Whether a stage with the output is the last of its job. */
export const isLastOutput = ({ kind }: StageOutput): boolean =>
  kind === 'result' || kind === 'table' || kind === 'files'

/** One task: its share of the split scans (by input name) and of the partitions. */
export interface TaskSpec {
  /** From 0 within the stage. */
  readonly task: number
  /** Hash partitions this task reads from every input in `partition` mode. */
  readonly partitions: readonly number[]
  /** Splits by the name of a scan input in `split` mode; `file` indexes the input's files. */
  readonly splits: Readonly<Record<string, readonly TaskSplit[]>>
}

export interface TaskSplit {
  readonly file: number
  readonly range?: { readonly firstRow: number; readonly rows: number }
  /** Of those rows the ones with such values: a row group that lies across a border is read on both sides. */
  readonly kept?: KeptValues
}

/** Why a stage exists, in words for EXPLAIN; the kind of exchange is drawn from `output` and readers. */
export type ExchangeKind = 'gather' | 'hash' | 'range' | 'broadcast' | 'materialize' | 'result'

/** Another SQL for the same rows' purpose: each attempt takes it instead where its own rows say so. */
export interface AlternativeSql {
  /** One BOOLEAN over the same inputs. */
  readonly when: string
  readonly sql: string
  /** In words for EXPLAIN ANALYZE, e.g. `without a first phase`. */
  readonly what: string
}

export interface StageSpec {
  readonly stageId: StageId
  /** Names the place in the plan; equal for the same place whenever the plan is unfolded again. */
  readonly key: string
  readonly exchange: ExchangeKind
  /** e.g. `build side of join`, `partial aggregate`. */
  readonly reason: string
  /** One SELECT over the inputs' names, with the output encoded for its file. */
  readonly sql: string
  readonly alternative?: AlternativeSql
  /** Statements that its connection runs before, over the same inputs; none unless given. */
  readonly prelude?: readonly string[]
  readonly inputs: readonly StageInput[]
  readonly output: StageOutput
  /** Columns of the output with their logical types; for a result with the user's names. */
  readonly columns: readonly Column[]
  readonly tasks: readonly TaskSpec[]
  readonly estimatedRows: number
  /** A repeated attempt may give other rows (`random()`, LIMIT without order, …). */
  readonly indeterminate: boolean
}

/** What is known of a finished stage: the measured facts the unfolding planner goes on with. */
export interface StageFacts {
  readonly rows: number
  readonly bytes: number
  /** By partition, for `hash` outputs; where rows are marked and not sorted each is taken for an even share. */
  readonly partitionRows: readonly number[]
  readonly partitionBytes: readonly number[]
}

/** A published stage as the planner remembers it between its calls; facts once it has succeeded. */
export interface PublishedStage {
  readonly stageId: StageId
  readonly key: string
  readonly facts?: StageFacts
}

// ---- what one attempt gets and reports -----------------------------------------------------------

/** One committed file of a producer, as a reader needs it. */
export interface ShufflePiece {
  readonly executorId: ExecutorId
  /** Where that executor serves its files. */
  readonly host: string
  readonly port: number
  readonly attemptId: AttemptId
  /** Position in the attempt's committed files. */
  readonly file: number
  readonly rows: number
  readonly bytes: number
  /** CRC-32 of the file, as unsigned number; checked by who fetches it. */
  readonly crc32?: number
  /** The file itself, base64, when it is small. */
  readonly inline?: string
  /** Names the directory in which it lies too, whatever becomes of the executor: others may share it. */
  readonly store?: string
  /** The next file of the attempt is an index of the file's row groups by partition (`row-group-index.ts`). */
  readonly index?: { readonly bytes: number; readonly crc32?: number }
}

export type AttemptInput =
  | {
      readonly kind: 'files'
      readonly name: string
      readonly reader: ReaderOptions
      readonly columns: readonly Column[]
      readonly splits: readonly FileSplit[]
    }
  | {
      readonly kind: 'shuffle'
      readonly name: string
      readonly columns: readonly Column[]
      readonly pieces: readonly ShufflePiece[]
      /** Names the pieces where other attempts of the job read the same: equal names, equal pieces, in equal order. */
      readonly list?: string
      /** Rows marked with other partitions are left out. */
      readonly only?: readonly number[]
    }

/** Everything an executor needs for one attempt. */
export interface AttemptSpec {
  readonly attemptId: AttemptId
  readonly sql: string
  readonly alternative?: AlternativeSql
  readonly prelude?: readonly string[]
  readonly inputs: readonly AttemptInput[]
  /** The task's hash partitions (`TaskSpec.partitions`): the SQL sees them as `task_slice(p BIGINT)`. */
  readonly slice: readonly number[]
  readonly output: StageOutput
  readonly columns: readonly Column[]
  /** DuckDB settings of the connection, by name, values as the user wrote them. */
  readonly settings: Readonly<Record<string, string>>
  readonly compression: 'none' | 'lz4' | 'zstd'
  /** Whether output files get a CRC-32, because other hosts may read them. */
  readonly checksum: boolean
}

export interface CommittedFile {
  /** 0 unless the output is `hash` with a file for each partition, or a table with buckets. */
  readonly partition: number
  readonly rows: number
  readonly bytes: number
  readonly crc32?: number
  /** Of a sorted file: the rows of each partition (`encodeCounts`). The file behind it is its row-group index. */
  readonly partitionRows?: string
}

/** What an attempt used and when: times in milliseconds since 1970 by the executor's clock. */
export interface AttemptMetrics {
  readonly startedMs: number
  readonly fetchedMs: number
  readonly computedMs: number
  readonly committedMs: number
  readonly inputRows: number
  readonly inputBytes: number
  readonly fetchedBytes: number
  readonly cpuMs: number
  readonly spilledBytes: number
  readonly peakMemoryBytes: number
}

export interface AttemptReport {
  readonly files: readonly CommittedFile[]
  readonly rows: number
  readonly bytes: number
  readonly metrics: AttemptMetrics
  /** The single file of a small output, base64: at most `limits.inlineOutputBytesMax` before coding. */
  readonly inline?: string
  /** Names the shared directory in which the files lie; they outlive their executor then. */
  readonly store?: string
  /** By name, the last values of the sequences that the prelude made: whole numbers as text. */
  readonly sequences?: Readonly<Record<string, string>>
  /** Whether it ran the alternative of its SQL. */
  readonly tookAlternative?: boolean
}
