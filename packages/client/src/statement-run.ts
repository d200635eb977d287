/** One statement that has run: what it gave, and its rows as they are asked for. */
import { Table, type RecordBatch } from 'apache-arrow'
import { queryError, type JobId, type SessionId } from '@arbalest/common'
import {
  chunkSource,
  frameIpcMessage,
  ipcEndMark,
  readIpcMessages,
  type IpcMessage,
  type JobProgress,
  type ResultColumn,
  type StatementResult,
} from '@arbalest/protocol'
import { BatchDecoder } from './batch-decoder.js'
import type { FrontConnection } from './front-connection.js'
import { encodeParameters, type Parameters } from './parameters.js'
import { giveUpStatement, isCutOff, resumeJob, type LostJob, type LostStatement } from './resume-job.js'
import { batchTextRows, type TextRow } from './text-rows.js'

export interface RunOptions {
  readonly signal?: AbortSignal | undefined
  /** Sends every column as text, as `CAST(v AS VARCHAR)` gives it. */
  readonly text?: boolean
  /** Values for `?`, `$1` and `$name` in the statement. */
  readonly params?: Parameters | undefined
  /** Called whenever the job has moved on. */
  readonly onProgress?: ((progress: JobProgress) => void) | undefined
}

export class StatementRun {
  readonly #front: FrontConnection
  readonly #result: StatementResult

  constructor(front: FrontConnection, result: StatementResult) {
    this.#front = front
    this.#result = result
  }

  /** Empty for statements without rows. */
  get columns(): readonly ResultColumn[] {
    return this.#result.columns
  }

  get rowCount(): number {
    return this.#result.rowCount
  }

  /** `undefined` when the server answered without a job. */
  get jobId(): JobId | undefined {
    return this.#result.jobId
  }

  get mode(): 'whole' | 'distributed' | undefined {
    return this.#result.mode
  }

  get modeReason(): string | undefined {
    return this.#result.modeReason
  }

  get stages(): number {
    return this.#result.stages
  }

  /**
   * The rows in batches, taken from the server only as fast as they are read. Large results can be read
   * once. @throws QueryError RESULT_LOST, RESULT_EXPIRED, JOB_CANCELLED when `signal` aborts
   */
  async *batches(signal?: AbortSignal): AsyncGenerator<RecordBatch, void, undefined> {
    const decoder = new BatchDecoder()
    for await (const message of this.#messages(signal)) {
      const batch = decoder.take(message)
      if (batch !== undefined && batch.numRows > 0) yield batch
    }
  }

  /** All rows as one table, which has its columns also without rows. */
  async table(signal?: AbortSignal): Promise<Table> {
    const decoder = new BatchDecoder()
    const batches: RecordBatch[] = []
    for await (const message of this.#messages(signal)) {
      const batch = decoder.take(message)
      if (batch !== undefined) batches.push(batch)
    }
    return new Table(decoder.schema, batches)
  }

  /** The same as the bytes of one Arrow IPC stream; none for statements without rows. */
  async *bytes(signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#result.data.kind === 'none') return
    for await (const message of this.#messages(signal)) yield* frameIpcMessage(message)
    yield ipcEndMark
  }

  /** The rows of a run asked for as text. */
  async *textRows(signal?: AbortSignal): AsyncGenerator<TextRow, void, undefined> {
    for await (const rows of this.textBatches(signal)) yield* rows
  }

  /** The same, many rows at a time. */
  async *textBatches(signal?: AbortSignal): AsyncGenerator<readonly TextRow[], void, undefined> {
    for await (const batch of this.batches(signal)) yield batchTextRows(batch)
  }

  async *#messages(signal: AbortSignal | undefined): AsyncGenerator<IpcMessage, void, undefined> {
    const { data, jobId } = this.#result
    if (data.kind === 'inline') yield* readIpcMessages(chunkSource(oneChunk(data.ipc)))
    if (data.kind === 'ticket') yield* this.#ticketMessages(data.ticket, jobId, signal)
  }

  /** A result keeps its messages: who is cut off asks for it again and passes over those that it has. */
  async *#ticketMessages(
    first: Uint8Array,
    jobId: JobId | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<IpcMessage, void, undefined> {
    let given = 0
    for (let ticket = first; ;) {
      let seen = 0
      try {
        for await (const message of this.#front.rows(ticket, jobId, signal)) {
          seen += 1
          if (seen <= given) continue
          given = seen
          yield message
        }
        return
      } catch (cutOff) {
        if (jobId === undefined || !isCutOff(cutOff)) throw cutOff
        const { data } = await resumeJob(this.#front, { jobId, columns: this.columns }, { signal, cutOff })
        if (data.kind !== 'ticket') throw cutOff
        ticket = data.ticket
      }
    }
  }
}

async function* oneChunk(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(chunk)
}

/**
 * Runs one statement to its result. A query whose server was lost is taken up again by its job's id.
 * @throws QueryError; STATEMENT_LOST and OUTCOME_UNKNOWN of other statements whose server was lost
 */
export async function runStatement(
  front: FrontConnection,
  statement: { readonly sql: string; readonly sessionId: SessionId | undefined },
  { signal, text = false, params, onProgress }: RunOptions = {},
): Promise<StatementRun> {
  const parameters = params === undefined ? undefined : encodeParameters(params)
  const request = { ...statement, requestId: '', textResult: text, parameters }
  let result: StatementResult | undefined
  let job: LostJob | LostStatement | undefined
  try {
    for await (const event of front.execute(request, signal)) {
      if (event.kind === 'accepted' && event.jobId !== undefined) {
        const { jobId, columns } = event
        job = columns === undefined ? { jobId } : { jobId, columns }
      }
      if (event.kind === 'progress') onProgress?.(event.progress)
      if (event.kind === 'result') result = event.result
    }
  } catch (thrown) {
    // The end of the call alone could be that of its connection, after which the job waits for its client.
    if (job !== undefined && signal?.aborted === true) {
      void front.cancel(job.jobId, 'the caller aborted').catch(() => undefined)
    }
    if (job === undefined || !isCutOff(thrown)) throw thrown
    const options = { signal, onProgress, cutOff: thrown }
    result = 'columns' in job ? await resumeJob(front, job, options) : await giveUpStatement(front, job, options)
  }
  if (result === undefined)
    throw queryError('INTERNAL', { reason: 'the statement ended without a result' })
  return new StatementRun(front, result)
}
