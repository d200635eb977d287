/** The front as the client calls it: sessions, statements and their events over gRPC, rows over Flight. */
import {
  limits,
  queryError,
  parseSessionId,
  QueryError,
  type JobId,
  type SessionId,
} from '@arbalest/common'
import {
  FrontService,
  GrpcCaller,
  decodeExecuteEvent,
  decodeJobAnswer,
  decodeStatementPiece,
  encodeExecuteRequest,
  flightService,
  readMessageHeader,
  type ExecuteEvent,
  type ExecuteRequest,
  type GrpcTarget,
  type IpcMessage,
  type JobAnswer,
  type StatementPiece,
} from '@arbalest/protocol'

export class FrontConnection {
  readonly #caller: GrpcCaller

  constructor(target: GrpcTarget) {
    this.#caller = new GrpcCaller(target)
  }

  async openSession(
    settings: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<SessionId> {
    return call(signal, undefined, async () => {
      const request = { settings: { ...settings } }
      const { sessionId } = await this.#caller.unary(FrontService.openSession, request, { signal })
      return parseSessionId(sessionId)
    })
  }

  async closeSession(sessionId: SessionId): Promise<void> {
    await this.#caller.unary(FrontService.closeSession, { sessionId })
  }

  split(text: string, signal?: AbortSignal): Promise<readonly StatementPiece[]> {
    return call(signal, undefined, async () => {
      const { statements } = await this.#caller.unary(
        FrontService.splitStatements,
        { text },
        { signal },
      )
      return statements.map(decodeStatementPiece)
    })
  }

  /** Leaving the loop or aborting cancels the statement. */
  async *execute(
    request: ExecuteRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<ExecuteEvent, void, undefined> {
    let jobId: JobId | undefined
    try {
      const events = this.#caller.stream(FrontService.execute, encodeExecuteRequest(request), {
        signal,
      })
      for await (const message of events) {
        const event = decodeExecuteEvent(message)
        if (event?.kind === 'accepted') jobId = event.jobId
        if (event?.kind === 'progress') jobId = event.progress.jobId
        if (event !== undefined) yield event
      }
    } catch (thrown) {
      throw asClientError(thrown, signal, jobId)
    }
  }

  /** The rows behind a ticket as Arrow messages, taken as fast as they are read. */
  async *rows(
    ticket: Uint8Array,
    jobId: JobId | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<IpcMessage, void, undefined> {
    try {
      const messages = this.#caller.stream(
        flightService.doGet,
        { ticket: Buffer.from(ticket) },
        { signal, aheadMax: limits.resultMessagesAheadMax },
      )
      for await (const { header: metadata, body } of messages) {
        yield { metadata, body, ...readMessageHeader(metadata) }
      }
    } catch (thrown) {
      throw asClientError(thrown, signal, jobId)
    }
  }

  status(jobId: JobId): Promise<JobAnswer> {
    return this.#caller.unary(FrontService.status, { jobId }).then(decodeJobAnswer)
  }

  cancel(jobId: JobId, reason: string): Promise<JobAnswer> {
    return this.#caller.unary(FrontService.cancel, { jobId, reason }).then(decodeJobAnswer)
  }

  close(): void {
    this.#caller.close()
  }
}

async function call<T>(
  signal: AbortSignal | undefined,
  jobId: JobId | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw asClientError(thrown, signal, jobId)
  }
}

/** An abort of the caller's is an error like any other, with the signal's reason as its cause. */
function asClientError(
  thrown: unknown,
  signal: AbortSignal | undefined,
  jobId: JobId | undefined,
): unknown {
  const job = jobId === undefined ? {} : { jobId }
  if (signal?.aborted === true) {
    return queryError(
      'JOB_CANCELLED',
      { jobId: jobId ?? '', reason: 'the caller aborted' },
      { cause: signal.reason, ...job },
    )
  }
  if (thrown instanceof QueryError && thrown.jobId === undefined && jobId !== undefined) {
    return new QueryError({ ...thrown.toWire(), jobId }, { cause: thrown.cause })
  }
  return thrown
}
