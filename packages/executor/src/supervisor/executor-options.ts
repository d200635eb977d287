/** What an executor is made of and what its owner can do with it. */
import type { Clock, ExecutorId, QueryError } from '@arbalest/common'
import type { EnginePort } from '@arbalest/plan'
import type { SchedulerLink } from '@arbalest/protocol'
import type { FetchSettings } from './shuffle-fetch.js'

export interface ExecutorOptions {
  readonly link: SchedulerLink
  /** Started and closed by the executor. */
  readonly engine: EnginePort
  /** The process of the engine, for the resource use in heartbeats; `undefined` = in this process. */
  readonly enginePid?: () => number | undefined
  /** Where the shuffle server listens; default 127.0.0.1. */
  readonly bindHost?: string
  /** 0 = any free port, which is the default. */
  readonly port?: number
  /**
   * The name by which other executors and the front reach the server; default `bindHost`, or the name
   * of the machine when that means every address.
   */
  readonly externalHost?: string
  /** Belongs to this executor alone; made when missing, emptied at start and at the end. */
  readonly workDir: string
  /** A directory that all executors share, for outputs that outlive theirs; the engine must have it too. */
  readonly shuffleDir?: string
  /**
   * Bytes of outputs and fetched files in the work directory beyond which attempts fail with DISK_FULL; the engine has
   * its own.
   */
  readonly workDirBytesMax?: number
  /** Directories that scans may read; `undefined` = everything its user may read. */
  readonly dataDirs: readonly string[] | undefined
  /** Directories that statements may write files to; `undefined` = wherever its user may write. */
  readonly writeDirs?: readonly string[] | undefined
  /** Attempts at once, from 1. */
  readonly slots: number
  readonly threads: number
  readonly memoryLimitBytes: number
  /** Names that jobs may ask for. */
  readonly labels?: readonly string[]
  /** The version of this program, told to the scheduler. */
  readonly version: string
  readonly fetch?: Partial<FetchSettings>
  /** Time after `drain` until outputs that somebody may still need are given up. */
  readonly drainTimeoutMs?: number
  readonly clock?: Clock
  /** One line for the operator; default: nowhere. */
  readonly log?: (text: string) => void
}

export interface ExecutorAddress {
  readonly host: string
  readonly port: number
}

/** Why an executor has ended; `error` when a scheduler has refused it. */
export interface ExecutorEnding {
  readonly reason: string
  readonly error?: QueryError
}

export interface ExecutorHandle {
  readonly id: ExecutorId
  /** Where its files are served; known once `start` has resolved. */
  readonly address: ExecutorAddress
  /** Resolves with the first registration. @throws the refusal: PROTOCOL_MISMATCH, UNAUTHENTICATED, … */
  readonly registered: Promise<void>
  /** Resolves when it has ended, for whatever reason. */
  readonly closed: Promise<ExecutorEnding>
  /**
   * Takes the work directory, opens the engine, listens, and begins to attach.
   * @throws QueryError INVALID_OPTION, PORT_IN_USE; what the engine's start throws
   */
  start(): Promise<void>
  /** Takes no new attempts; resolves when it has ended because nothing needs it any more. */
  drain(): Promise<void>
  /** Ends at once: interrupts attempts, removes all files. */
  close(): Promise<void>
}
