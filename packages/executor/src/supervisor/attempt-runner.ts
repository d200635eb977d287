/**
 * Runs one attempt: checks its scans, brings its shuffle files, has the engine run its SQL, commits the
 * output with one rename, or moves it into its table, and reports. An attempt that does not succeed leaves no file.
 */
import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import {
  assert, limits, parseAttemptId, present, queryError, type AttemptId, type AttemptParts, type Clock,
  type ExecutorId, type JobId,
} from '@arbalest/common'
import {
  outputFileName, tableFileName, type AttemptReport, type AttemptSpec, type EngineOutput, type EnginePort,
  type LocalInput,
} from '@arbalest/plan'
import type { ExecutorEvent } from '../core/event.js'
import { fromFileError } from './file-errors.js'
import { InputsLost, resolveInputs } from './input-files.js'
import { openLocalFile } from './local-file.js'
import type { OutputRegistry } from './output-registry.js'
import type { PieceStore } from './piece-store.js'
import { publishFiles, removeFiles } from './publish-files.js'
import { checkScanPaths, type ScanRules } from './scan-paths.js'
import { localStore, type SharedDirectory, type ShuffleStore } from './shuffle-store.js'
import type { WorkDir } from './work-dir.js'

export interface AttemptRunnerOptions {
  readonly executorId: ExecutorId
  readonly engine: EnginePort
  readonly workDir: WorkDir
  /** The directory that executors share; outputs that later stages read lie there then. */
  readonly shared: SharedDirectory | undefined
  readonly registry: OutputRegistry
  readonly pieces: PieceStore
  /** Bytes of outputs and fetched files that may lie in the work directory. */
  readonly bytesMax: number
  readonly scanRules: ScanRules
  /** Real paths below which attempts may put files; `undefined` = anywhere. */
  readonly writeDirs: readonly string[] | undefined
  readonly clock: Clock
  /** Hears how the attempt goes on; its last event is `committed` or `stopped`. */
  readonly dispatch: (event: ExecutorEvent) => void
}

interface RunningAttempt {
  readonly abort: AbortController
  readonly ended: Promise<void>
}

interface FilesToPublish {
  readonly attemptId: AttemptId
  /** Where the engine has left them. */
  readonly directory: string
  readonly output: EngineOutput
  readonly target: Extract<AttemptSpec['output'], { kind: 'table' | 'files' }>
}

/** What is known of an attempt on its way, for its report. */
interface Times {
  readonly startedMs: number
  readonly fetchedMs: number
  readonly computedMs: number
  readonly fetchedBytes: number
}

export class AttemptRunner {
  readonly #options: AttemptRunnerOptions
  readonly #local: ShuffleStore
  readonly #running = new Map<AttemptId, RunningAttempt>()
  /** Files of attempts that have left the work directory, until their job is forgotten. */
  readonly #published = new Map<AttemptId, readonly string[]>()

  constructor(options: AttemptRunnerOptions) {
    this.#options = options
    this.#local = localStore(options.workDir)
  }

  start(spec: AttemptSpec): void {
    const abort = new AbortController()
    // Every piece of the attempt waits on it: as many as the attempt has.
    setMaxListeners(0, abort.signal)
    const ended = this.#run(spec, abort.signal).finally(() => this.#running.delete(spec.attemptId))
    this.#running.set(spec.attemptId, { abort, ended })
  }

  /** Stops what the attempt does at the moment; `stopped` follows unless it has just committed. */
  interrupt(attemptId: AttemptId, reason: string): void {
    const running = this.#running.get(attemptId)
    if (running === undefined) return
    const { jobId } = parseAttemptId(attemptId)
    running.abort.abort(queryError('JOB_CANCELLED', { jobId, reason }))
    this.#options.engine.cancel(attemptId)
  }

  /** Interrupts all attempts and waits until their files are gone. */
  async close(): Promise<void> {
    for (const attemptId of this.#running.keys()) this.interrupt(attemptId, 'the executor ends')
    await Promise.all([...this.#running.values()].map(({ ended }) => ended))
  }

  /** Never rejects. */
  async #run(spec: AttemptSpec, signal: AbortSignal): Promise<void> {
    const { clock, dispatch, pieces } = this.#options
    const { attemptId } = spec
    const parts = parseAttemptId(attemptId)
    try {
      const report = await this.#produce(spec, parts, signal)
      dispatch({ kind: 'committed', attemptId, report, atMs: clock.nowMs() })
    } catch (thrown) {
      await this.discard(attemptId)
      await pieces.release(attemptId)
      const lost = thrown instanceof InputsLost ? thrown : undefined
      const error = fromFileError(lost?.first ?? thrown, this.#options.workDir.root).toWire()
      const lostInputs = lost?.producers ?? []
      dispatch({ kind: 'stopped', attemptId, error, lostInputs, atMs: clock.nowMs() })
      return
    }
    // Nobody waits for what is given up now.
    await pieces.release(attemptId)
  }

  /** Removes the attempt's files, committed or not. A file that cannot be removed goes with its job. */
  async discard(attemptId: AttemptId): Promise<void> {
    const { registry, shared } = this.#options
    registry.remove(attemptId)
    await removeFiles(this.#published.get(attemptId) ?? [])
    this.#published.delete(attemptId)
    for (const store of [this.#local, shared]) await store?.remove(parseAttemptId(attemptId)).catch(() => undefined)
  }

  /** What its attempts published stays. */
  forgetJob(jobId: JobId): void {
    for (const attemptId of [...this.#published.keys()]) {
      if (parseAttemptId(attemptId).jobId === jobId) this.#published.delete(attemptId)
    }
  }

  async #produce(spec: AttemptSpec, parts: AttemptParts, signal: AbortSignal): Promise<AttemptReport> {
    const { executorId, engine, shared, registry, pieces, scanRules, clock, dispatch } = this.#options
    const { attemptId } = spec
    const startedMs = clock.nowMs()
    await checkScanPaths(spec.inputs, scanRules)
    const store = this.#storeOf(spec)
    const directory = await store.create(parts)
    const jobToken = present(registry.jobToken(parts.jobId), 'a launch brings the token of its job')
    const resolved = await resolveInputs(spec, { executorId, shared, registry, pieces, jobToken, signal })
    signal.throwIfAborted()
    const fetchedMs = clock.nowMs()
    dispatch({ kind: 'fetched', attemptId })
    await this.#makeRoom(0)
    const output = await engine.run(engineAttempt(spec, resolved.inputs, directory))
    signal.throwIfAborted()
    if (store.id === undefined) await this.#makeRoom(output.bytes)
    const computedMs = clock.nowMs()
    dispatch({ kind: 'computed', attemptId })
    const inline = spec.output.kind === 'table' || spec.output.kind === 'files'
      ? await this.#publish({ attemptId, directory, output, target: spec.output })
      : await this.#commit(spec, parts, output, store)
    const times = { startedMs, fetchedMs, computedMs, fetchedBytes: resolved.fetchedBytes }
    return { ...reportOf(output, times, clock.nowMs(), inline), ...(store.id === undefined ? {} : { store: store.id }) }
  }

  /** Results are read by the front, of their executor alone. */
  #storeOf({ output: { kind } }: AttemptSpec): ShuffleStore {
    return (kind === 'single' || kind === 'hash' ? this.#options.shared : undefined) ?? this.#local
  }

  /** Gives the bytes of a small output. */
  async #commit(
    spec: AttemptSpec, parts: AttemptParts, output: EngineOutput, store: ShuffleStore,
  ): Promise<string | undefined> {
    const committed = await store.commit(parts, output.names)
    const bytes = output.files.map((file) => file.bytes)
    this.#options.registry.add(spec.attemptId, { ...committed, bytes, isShared: store.id !== undefined })
    return this.#inlineOf(spec, output)
  }

  /** The files leave the work directory for the table's. */
  async #publish({ attemptId, directory, output, target }: FilesToPublish): Promise<undefined> {
    const { writeDirs, workDir } = this.#options
    const files = output.names.map((name, file) => ({
      from: join(directory, name),
      name: target.kind === 'table' ? tableFileName(attemptId, file) : outputFileName(attemptId, file, name),
    }))
    this.#published.set(attemptId, await publishFiles({ files, directory: target.directory, writeDirs }))
    await workDir.removeAttempt(parseAttemptId(attemptId))
  }

  /**
   * Files that were fetched and are read by nobody at the moment give way to what is needed now.
   * @throws QueryError DISK_FULL when the others and `bytes` more are still beyond the quota
   */
  async #makeRoom(bytes: number): Promise<void> {
    const { registry, pieces, workDir, bytesMax } = this.#options
    const left = bytesMax - registry.bytes - bytes
    if (pieces.bytes > left) await pieces.shrink(left)
    if (pieces.bytes <= left) return
    throw queryError('DISK_FULL', { path: `${workDir.root}, which may hold ${bytesMax} bytes` })
  }

  /** The bytes of a small single file, base64. */
  async #inlineOf(spec: AttemptSpec, output: EngineOutput): Promise<string | undefined> {
    const [file, second] = output.files
    const isByPartition = spec.output.kind === 'hash' && !spec.output.isMarked
    if (isByPartition || file === undefined || second !== undefined) return undefined
    if (file.bytes > limits.inlineOutputBytesMax) return undefined
    const held = present(this.#options.registry.find(spec.attemptId, 0), 'it has just been entered')
    return readBase64(held.path, file.bytes)
  }
}

async function readBase64(path: string, bytes: number): Promise<string> {
  const content = Buffer.allocUnsafe(bytes)
  const file = await openLocalFile(path, 'r', bytes)
  try {
    const read = await file.read(content, bytes, 0)
    assert(read === bytes, 'a committed file has the bytes that the engine reported')
    return content.toString('base64')
  } finally {
    await file.close()
  }
}

const engineAttempt = (
  spec: AttemptSpec,
  inputs: readonly LocalInput[],
  directory: string,
): Parameters<EnginePort['run']>[0] => {
  const { attemptId, sql, alternative, prelude = [], slice, output, columns, settings, compression, checksum } = spec
  const text = alternative === undefined ? { sql } : { sql, alternative }
  return { attemptId, ...text, prelude, inputs, slice, output, columns, settings, compression, checksum, directory }
}

function reportOf(
  output: EngineOutput,
  times: Times,
  committedMs: number,
  inline: string | undefined,
): AttemptReport {
  const { files, rows, bytes, metrics, sequences, tookAlternative } = output
  return {
    files,
    rows,
    bytes,
    metrics: { ...metrics, ...times, committedMs },
    ...(inline === undefined ? {} : { inline }),
    ...(sequences === undefined ? {} : { sequences }),
    ...(tookAlternative === undefined ? {} : { tookAlternative }),
  }
}
