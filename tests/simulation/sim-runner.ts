/** Runs the attempts of a simulated executor: fetches what others wrote, computes, commits, reports. */
import {
  assert, type AttemptId, type ErrorCode, type ExecutorId, limits, parseAttemptId, present, queryError, type WireError,
} from '@arbalest/common'
import type { AttemptReport, AttemptSpec, CommittedFile, ShufflePiece } from '@arbalest/plan'
import type { ExecutorEvent } from '@arbalest/executor/testing'
import { computeRows, type PieceRead, type Rows } from './rows.js'
import { specOf } from './sim-job.js'
import type { StoredOutput, World } from './world.js'

/** What a runner needs of its executor. */
export interface RunnerHost {
  readonly traits: { readonly id: ExecutorId }
  readonly disk: Map<AttemptId, StoredOutput>
  readonly diskFullUntilMs: number
  readonly littleMemoryUntilMs: number
  /** Factor on the time of everything it does. */
  readonly slowness: number
  /** The share of attempts that fail by themselves. */
  readonly failureRate: number
  /** Its next output is reported and not there. */
  readonly losesCommit: boolean
  loseCommit(): void
  later(delayMs: number, run: () => void): void
  dispatch(event: ExecutorEvent): void
}

interface Run {
  readonly spec: AttemptSpec
  pieces: readonly PieceRead[]
  isAborted: boolean
  isInEngine: boolean
}

const failureCodes: readonly ErrorCode[] = ['IO_ERROR', 'IO_ERROR', 'OUT_OF_MEMORY', 'LIMIT_EXCEEDED']

export class SimRunner {
  private readonly world: World
  private readonly executor: RunnerHost
  private readonly running = new Map<AttemptId, Run>()

  constructor(world: World, executor: RunnerHost) {
    this.world = world
    this.executor = executor
  }

  get count(): number {
    return this.running.size
  }

  start(spec: AttemptSpec): void {
    const run: Run = { spec, pieces: [], isAborted: false, isInEngine: false }
    this.running.set(spec.attemptId, run)
    this.continue(run, 10, () => this.fetch(run))
  }

  /** It stops soon; sometimes only because the engine is killed. */
  interrupt(attemptId: AttemptId): void {
    const run = this.running.get(attemptId)
    if (!run) return
    run.isAborted = true
    const { random } = this.world
    const error = errorOf('JOB_CANCELLED')
    if (!random.chance(0.05)) return this.executor.later(random.next() * 20, () => this.stop(run, error))
    this.executor.later(limits.cancelGraceMs, () => {
      if (this.running.get(attemptId) === run) this.crashEngine()
      this.stop(run, error)
    })
  }

  /** What runs in the engine is gone. */
  crashEngine(): void {
    const lost = [...this.running.values()].filter(({ isInEngine }) => isInEngine)
    const { clock, random } = this.world
    const crash = { kind: 'engine-crashed', reason: 'simulated', atMs: clock.nowMs } as const
    const isFirst = random.chance(0.5)
    if (isFirst) this.executor.dispatch(crash)
    for (const run of lost) this.stop(run, errorOf('ENGINE_CRASHED'))
    if (!isFirst) this.executor.dispatch(crash)
  }

  /** The next step, unless the attempt is stopped before. */
  private continue(run: Run, aboutMs: number, step: () => void): void {
    const delayMs = aboutMs * (0.2 + 1.6 * this.world.random.next()) * this.executor.slowness
    this.executor.later(delayMs, () => {
      if (this.running.get(run.spec.attemptId) === run) step()
    })
  }

  private fetch(run: Run): void {
    if (run.isAborted) return
    const lost = new Set<AttemptId>()
    const pieces: PieceRead[] = []
    run.spec.inputs.forEach((input, index) => {
      for (const piece of input.kind === 'shuffle' ? input.pieces : []) {
        const read = this.read(piece)
        const only = input.kind === 'shuffle' ? input.only : undefined
        if (!read) lost.add(piece.attemptId)
        else {
          const partitions = only ? read.partitions.filter((p) => only.includes(p)) : read.partitions
          pieces.push({ input: index, rows: read.rows, partitions })
        }
      }
    })
    // A fetch is tried again before it is given up.
    const failed = errorOf('SHUFFLE_FETCH_FAILED')
    if (lost.size > 0) return this.continue(run, 1_000, () => this.stop(run, failed, [...lost]))
    run.pieces = pieces
    run.isInEngine = true
    this.executor.dispatch({ kind: 'fetched', attemptId: run.spec.attemptId })
    this.continue(run, 80, () => this.compute(run))
  }

  private read(piece: ShufflePiece): { rows: Rows; partitions: readonly number[] } | undefined {
    if (piece.inline !== undefined) {
      const rows = present(this.world.runs[Number.parseInt(piece.inline, 10)], 'inline copies name their run')
      return { rows, partitions: [...rows.values.keys()] }
    }
    const stored = this.find(piece)
    const partitions = stored?.files[piece.file]
    if (!stored || stored.isCorrupt || !partitions) return undefined
    return { rows: stored.rows, partitions }
  }

  private find({ executorId, attemptId }: ShufflePiece): StoredOutput | undefined {
    const { executor, world } = this
    if (executorId === executor.traits.id) return executor.disk.get(attemptId)
    const peer = world.executors.get(executorId)
    const { nowMs } = world.clock
    if (!peer?.isAlive || peer.frozenUntilMs > nowMs) return undefined
    const isCut = (world.peerCuts.get([executor.traits.id, executorId].toSorted().join(' ')) ?? 0) > nowMs
    return isCut ? undefined : peer.disk.get(attemptId)
  }

  private compute(run: Run): void {
    if (run.isAborted) return
    run.isInEngine = false
    const { random } = this.world
    const { attemptId } = run.spec
    const { jobId, stageId, task } = parseAttemptId(attemptId)
    const job = present(this.world.jobs.get(jobId), 'only jobs of this world run')
    if (job.wrongTask === `${specOf(job, stageId).stageId}/${task}`) return this.stop(run, errorOf('EXECUTION_ERROR'))
    const isShort = this.executor.littleMemoryUntilMs > this.world.clock.nowMs
    if (isShort && random.chance(0.8)) return this.stop(run, errorOf('OUT_OF_MEMORY'))
    if (random.chance(this.executor.failureRate)) return this.stop(run, errorOf(random.pick(failureCodes)))
    this.executor.dispatch({ kind: 'computed', attemptId })
    this.continue(run, 4, () => this.commit(run))
  }

  /** From here on no interruption is heeded. */
  private commit(run: Run): void {
    const { world, executor } = this
    const { attemptId, inputs } = run.spec
    if (executor.diskFullUntilMs > world.clock.nowMs) return this.stop(run, errorOf('DISK_FULL'))
    const { jobId, stageId, task } = parseAttemptId(attemptId)
    const spec = specOf(present(world.jobs.get(jobId), 'only jobs of this world run'), stageId)
    const rows = computeRows({ spec, task }, world.runs.length, inputs, run.pieces)
    assert(!world.committed.has(attemptId), `an attempt runs once: ${attemptId}`)
    world.runs.push(rows)
    world.committed.set(attemptId, rows)
    const isDivided = spec.output.kind === 'hash' && !spec.output.isMarked
    const files = this.filesOf(rows, isDivided)
    if (spec.output.kind === 'table') world.tables.set(attemptId, rows)
    else if (executor.losesCommit) executor.loseCommit()
    else executor.disk.set(attemptId, { rows, files, isCorrupt: false })
    this.running.delete(attemptId)
    const isSmall = spec.output.kind !== 'table' && !isDivided && rows.run % 3 === 0
    const inline = isSmall ? `${rows.run} `.padEnd(8 + (rows.run % 40)) : undefined
    const report = reportOf(rows, { files, isDivided, inline })
    executor.dispatch({ kind: 'committed', attemptId, report, atMs: world.clock.nowMs })
  }

  /** The order of the files is not the same in every run. */
  private filesOf(rows: Rows, isDivided: boolean): readonly (readonly number[])[] {
    const partitions = [...rows.values.keys()]
    if (!isDivided) return [partitions]
    const start = this.world.random.below(Math.max(partitions.length, 1))
    return [...partitions.slice(start), ...partitions.slice(0, start)].map((partition) => [partition])
  }

  private stop(run: Run, error: WireError, lostInputs: readonly AttemptId[] = []): void {
    const { attemptId } = run.spec
    if (this.running.get(attemptId) !== run) return
    this.running.delete(attemptId)
    this.executor.dispatch({ kind: 'stopped', attemptId, error, lostInputs, atMs: this.world.clock.nowMs })
  }
}

const errorOf = (code: ErrorCode): WireError => queryError(code, { reason: 'simulated' }).toWire()

const metrics = {
  startedMs: 0, fetchedMs: 0, computedMs: 0, committedMs: 0, inputRows: 0, inputBytes: 0, fetchedBytes: 0, cpuMs: 0,
  spilledBytes: 0, peakMemoryBytes: 0,
}

/** What a liar says of an output that he does not have. */
export const reportOfLie: AttemptReport = {
  files: [{ partition: 0, rows: 10, bytes: 10 }], rows: 10, bytes: 10, metrics,
}

interface ReportParts {
  readonly files: StoredOutput['files']
  readonly isDivided: boolean
  readonly inline: string | undefined
}

function reportOf(rows: Rows, { files: stored, isDivided, inline }: ReportParts): AttemptReport {
  const files = stored.map((partitions): CommittedFile => ({
    partition: isDivided ? (partitions[0] ?? 0) : 0,
    rows: partitions.length * 10,
    bytes: partitions.length * 100 + rows.task,
  }))
  return {
    files, rows: rows.values.size * 10, bytes: rows.values.size * 100, metrics,
    ...(inline === undefined ? {} : { inline }),
  }
}
