/** One attempt from its inputs to its files: check, run, check again. */
import { asQueryError, parseAttemptId, queryError } from '@arbalest/common'
import type { EngineAttempt, EngineOutput, LocalInput } from '@arbalest/plan'
import { checkIdentities, measureInputs, scannedFiles } from './check-inputs.js'
import { falseParameter, type Connection, type Database } from './database.js'
import type { FailureContext } from './duckdb-errors.js'
import { connectForAttempt } from './execution-instance.js'
import { hasCode } from './footer-cache.js'
import { fragmentSql, preludeStatements } from './fragment-sql.js'
import type { FooterSummaries } from './footer-summary.js'
import { writeFiles } from './write-files.js'
import { writeIndex } from './write-index.js'
import { isSortedOutput, writeParquet, type WrittenFile } from './write-parquet.js'
import { writeResult } from './write-result.js'

/** How often a cancelled attempt is interrupted again: an interrupt between two statements is lost. */
const interruptIntervalMs = 10

/** Runs attempts on one database. */
export class FragmentRunner {
  readonly #database: Database
  readonly #summaries: FooterSummaries
  readonly #running = new Map<string, Cancellation>()

  constructor(database: Database, summaries: FooterSummaries) {
    this.#database = database
    this.#summaries = summaries
  }

  /** @throws QueryError with what went wrong; JOB_CANCELLED after `cancel`. */
  async run(attempt: EngineAttempt): Promise<EngineOutput> {
    const cancellation = new Cancellation(parseAttemptId(attempt.attemptId).jobId)
    this.#running.set(attempt.attemptId, cancellation)
    const files = scannedFiles(attempt.inputs)
    try {
      await checkIdentities(files, this.#summaries)
      cancellation.check()
      const connection = await connectForAttempt(this.#database, attempt.settings)
      try {
        cancellation.connection = connection
        const output = await this.#runOn(connection, attempt, cancellation)
        const footers = await checkIdentities(files, this.#summaries)
        cancellation.check()
        const input = measureInputs(attempt.inputs, footers)
        return { ...output, metrics: { ...output.metrics, inputRows: input.rows, inputBytes: input.bytes } }
      } finally {
        cancellation.stop()
        await connection.close()
      }
    } catch (error) {
      cancellation.check()
      // A file replaced while it was read shows as damage: the change is the truth.
      await checkIdentities(files, this.#summaries)
      throw hasCode(error, 'ENOSPC', 'EDQUOT')
        ? queryError('DISK_FULL', { path: attempt.directory }, { cause: error })
        : asQueryError(error)
    } finally {
      this.#running.delete(attempt.attemptId)
    }
  }

  cancel(attemptId: string): void {
    this.#running.get(attemptId)?.cancel()
  }

  /** Cancels everything that runs. */
  cancelAll(): void {
    for (const cancellation of this.#running.values()) cancellation.cancel()
  }

  async #runOn(
    connection: Connection,
    attempt: EngineAttempt,
    cancellation: Cancellation,
  ): Promise<MeasuredOutput> {
    const context: FailureContext = {
      inputPaths: attempt.inputs.flatMap(pathsOf),
      jobId: cancellation.jobId,
      directory: attempt.directory,
    }
    for (const statement of preludeStatements(attempt)) await connection.execute(statement, context)
    const { output } = attempt
    const chosen = await takesAlternative(connection, attempt, context)
    const no = output.kind === 'result' ? falseParameter : undefined
    const meant = { ...attempt, sql: fragmentSql({ ...attempt, sql: chosen?.sql ?? attempt.sql }, no) }
    const written: readonly WrittenFile[] =
      output.kind === 'result' ? [await writeResult(connection, meant, context)]
      : output.kind === 'files' ? await writeFiles(connection, meant, output, context)
      : await writeParquet(connection, meant, context)
    const figure = (name: string) => connection.profileFigure(name) ?? 0
    const metrics = {
      cpuMs: figure('CPU_TIME') * 1000,
      spilledBytes: figure('SYSTEM_PEAK_TEMP_DIR_SIZE'),
      peakMemoryBytes: figure('SYSTEM_PEAK_BUFFER_MEMORY'),
    }
    const sequences = await lastValues(connection, attempt)
    // The profile is that of the last statement: it has been read before.
    const all = isSortedOutput(output) ? await writeIndex(connection, attempt, written) : written
    return {
      ...(sequences === undefined ? {} : { sequences }),
      ...(chosen === undefined ? {} : { tookAlternative: true }),
      names: all.map(({ name }) => name),
      files: all.map(({ file }) => file),
      rows: all.reduce((sum, { file }) => sum + file.rows, 0),
      bytes: all.reduce((sum, { file }) => sum + file.bytes, 0),
      metrics,
    }
  }
}

/** The alternative, where there is one and the attempt's rows say so. */
async function takesAlternative(
  connection: Connection,
  { alternative, inputs, slice }: EngineAttempt,
  context: FailureContext,
): Promise<EngineAttempt['alternative']> {
  if (alternative === undefined) return undefined
  const sql = `SELECT CAST(v AS VARCHAR) FROM (${alternative.when}\n) AS look(v)`
  const rows = await connection.textRows(fragmentSql({ sql, inputs, slice }), context)
  return rows[0]?.[0] === 'true' ? alternative : undefined
}

/** Of the sequences that the prelude has made; undefined where it has made none. */
async function lastValues(
  connection: Connection,
  { prelude = [] }: EngineAttempt,
): Promise<EngineOutput['sequences']> {
  if (prelude.length === 0) return undefined
  const sql = `SELECT sequence_name, CAST(last_value AS VARCHAR) FROM duckdb_sequences()
    WHERE temporary AND last_value IS NOT NULL`
  const rows = await connection.textRows(sql)
  const values = rows.flatMap(([name, value]) =>
    (typeof name === 'string' && typeof value === 'string' ? [[name, value]] : []))
  return values.length === 0 ? undefined : Object.fromEntries(values) as Readonly<Record<string, string>>
}

/** An output before it is known what its inputs were. */
type MeasuredOutput = Omit<EngineOutput, 'metrics'> & {
  readonly metrics: Omit<EngineOutput['metrics'], 'inputRows' | 'inputBytes'>
}

/** Whether and how an attempt is to end early. */
class Cancellation {
  readonly jobId: string
  connection: Connection | undefined
  #cancelled = false
  #timer: NodeJS.Timeout | undefined

  constructor(jobId: string) {
    this.jobId = jobId
  }

  cancel(): void {
    if (this.#cancelled) return
    this.#cancelled = true
    this.connection?.interrupt()
    this.#timer = setInterval(() => this.connection?.interrupt(), interruptIntervalMs)
  }

  /** Ends the repeated interrupts. */
  stop(): void {
    clearInterval(this.#timer)
    this.connection = undefined
  }

  check(): void {
    if (!this.#cancelled) return
    this.stop()
    throw queryError('JOB_CANCELLED', { jobId: this.jobId, reason: 'it was cancelled' }, { jobId: this.jobId })
  }
}

function pathsOf(input: LocalInput): readonly string[] {
  return input.kind === 'files' ? input.splits.map((split) => split.file.path) : input.paths
}
