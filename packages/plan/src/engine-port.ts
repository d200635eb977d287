/**
 * The engine as its supervisor sees it: the same port in process and behind a child process. Everything
 * in a request is local: the supervisor has fetched the files and checked the paths.
 */
import type { AttemptId, Column } from '@arbalest/common'
import type { InspectReply, InspectRequest } from './inspect.js'
import type { AlternativeSql, AttemptMetrics, CommittedFile, StageOutput } from './stage.js'
import type { FileSplit, ReaderOptions } from './table-source.js'

export type LocalInput =
  | {
      readonly kind: 'files'
      readonly name: string
      readonly reader: ReaderOptions
      readonly columns: readonly Column[]
      readonly splits: readonly FileSplit[]
    }
  /** Shuffle files by local path; none = no rows. */
  | {
      readonly kind: 'shuffle'
      readonly name: string
      readonly columns: readonly Column[]
      readonly paths: readonly string[]
      /** Of all files together, as they were written. */
      readonly rows: number
      readonly bytes: number
      /** The partitions whose rows are taken, where they are marked in `__p`; all unless given. */
      readonly only?: readonly number[]
    }

export interface EngineAttempt {
  readonly attemptId: AttemptId
  readonly sql: string
  readonly alternative?: AlternativeSql
  /** Statements to run before, which name the inputs as the SQL does. */
  readonly prelude?: readonly string[]
  readonly inputs: readonly LocalInput[]
  /** What the SQL sees as `task_slice(p BIGINT)`; task 0 of a stage always holds partition 0. */
  readonly slice: readonly number[]
  readonly output: StageOutput
  readonly columns: readonly Column[]
  readonly settings: Readonly<Record<string, string>>
  readonly compression: 'none' | 'lz4' | 'zstd'
  readonly checksum: boolean
  /** An existing empty directory that belongs to this attempt; the output files go there. */
  readonly directory: string
}

export interface EngineOutput {
  /** Names relative to the attempt's directory, in the order of `files`. */
  readonly names: readonly string[]
  readonly files: readonly CommittedFile[]
  readonly rows: number
  readonly bytes: number
  /** By name, the last values of the sequences that the prelude made. */
  readonly sequences?: Readonly<Record<string, string>>
  /** Whether the alternative ran. */
  readonly tookAlternative?: boolean
  readonly metrics: Pick<
    AttemptMetrics,
    'inputRows' | 'inputBytes' | 'cpuMs' | 'spilledBytes' | 'peakMemoryBytes'
  >
}

export interface EngineInfo {
  /** DuckDB version, architecture and `hash()` of a fixed row. */
  readonly fingerprint: string
}

export interface EnginePort {
  /** Opens the engine; rejects when it cannot. */
  start(): Promise<EngineInfo>
  /** Checks input identities, runs, writes the output files, checks identities again. */
  run(attempt: EngineAttempt): Promise<EngineOutput>
  /** Interrupts the attempt, whose `run` then rejects with JOB_CANCELLED. Unknown ids do nothing. */
  cancel(attemptId: AttemptId): void
  inspect(requests: readonly InspectRequest[]): Promise<readonly InspectReply[]>
  /** Called when the engine ended by itself; running attempts have been rejected with ENGINE_CRASHED. */
  onCrash(listener: (reason: string) => void): void
  close(): Promise<void>
}

/** What an engine may touch and use. */
export interface EngineOptions {
  readonly threads: number
  readonly memoryLimitBytes: number
  readonly workDir: string
  /** Where shuffle files lie that all executors share. */
  readonly shuffleDir?: string
  /** Bytes that may lie in the spill directory; without it what the disk holds. */
  readonly spillBytesMax?: number
  /** Directories that scans may read; `undefined` = everything its user may read (in-process clusters). */
  readonly dataDirs: readonly string[] | undefined
}
