/** A session on a cluster: where a program begins. */
import {
  queryError,
  quoteIdentifier,
  quoteLiteral,
  type JobId,
  type SessionId,
} from '@arbalest/common'
import type { ClientTls, JobAnswer, StatementPiece } from '@arbalest/protocol'
import { DataFrame, type CallOptions } from './data-frame.js'
import { FrontConnection } from './front-connection.js'
import { parseClusterUrl } from './parse-url.js'
import type { Parameters } from './parameters.js'
import { createExternalTableSql, type RegisterOptions, type TableFormat } from './register-table.js'
import { runStatement, type RunOptions, type StatementRun } from './statement-run.js'

export interface RemoteOptions {
  readonly token?: string | undefined
  /** For `df+tls://`: authority, and a certificate of one's own where the server asks for it. */
  readonly tls?: ClientTls | undefined
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Settings of the session, as `SET` takes them. */
  readonly settings?: Readonly<Record<string, string | number | boolean>> | undefined
  readonly signal?: AbortSignal | undefined
  /** Called when the context has been closed: what it was opened with can go too. */
  readonly onClosed?: (() => Promise<void>) | undefined
}

export class SessionContext {
  readonly #front: FrontConnection
  readonly #sessionId: SessionId
  readonly #onClosed: RemoteOptions['onClosed']

  private constructor(
    front: FrontConnection,
    sessionId: SessionId,
    onClosed: RemoteOptions['onClosed'],
  ) {
    this.#front = front
    this.#sessionId = sessionId
    this.#onClosed = onClosed
  }

  /**
   * Opens a session on the cluster at `df://host:port` or `df+tls://host:port`.
   * @throws QueryError SCHEDULER_UNREACHABLE, UNAUTHENTICATED, UNKNOWN_SETTING, INVALID_OPTION
   */
  static async remote(url: string, options: RemoteOptions = {}): Promise<SessionContext> {
    const { host, port, tls } = parseClusterUrl(url)
    const { token, headers, settings = {} } = options
    const front = new FrontConnection({
      host,
      port,
      token,
      headers,
      tls: tls ? (options.tls ?? {}) : undefined,
    })
    try {
      const texts = Object.entries(settings).map(([key, value]) => [key, String(value)] as const)
      const sessionId = await front.openSession(Object.fromEntries(texts), options.signal)
      return new SessionContext(front, sessionId, options.onClosed)
    } catch (thrown) {
      front.close()
      throw thrown
    }
  }

  /** The server's name of this session. */
  get sessionId(): SessionId {
    return this.#sessionId
  }

  /**
   * One statement. A query runs when its rows are asked for; what changes something has run when the
   * promise resolves. `params` are values for `?` and `$1` in their order, or for `$name` by name.
   * @throws QueryError with `position` where the text is wrong; INVALID_PARAMETER
   */
  async sql(text: string, params?: Parameters, { signal }: CallOptions = {}): Promise<DataFrame> {
    const [statement, second] = plainQuery(text) ?? (await this.split(text, { signal }))
    if (statement === undefined) throw queryError('STATEMENT_EMPTY', {})
    if (second !== undefined) {
      const reason = 'the text has more than one statement; split() gives them one by one'
      throw queryError('INVALID_REQUEST', { reason }, { position: second.start })
    }
    return this.#frame(statement, params, signal)
  }

  /** The statements of a text, in order. */
  split(text: string, { signal }: CallOptions = {}): Promise<readonly StatementPiece[]> {
    return this.#front.split(text, signal)
  }

  /** Runs one statement at once, whatever it is. */
  execute(sql: string, options: RunOptions = {}): Promise<StatementRun> {
    return runStatement(this.#front, { sql, sessionId: this.#sessionId }, options)
  }

  table(name: string): DataFrame {
    return new DataFrame(`SELECT * FROM ${quoteIdentifier(name)}`, (sql, options) =>
      this.execute(sql, options),
    )
  }

  /** Names of the tables and views. */
  async tables(options: CallOptions = {}): Promise<readonly string[]> {
    const run = await this.execute('SHOW TABLES', { ...options, text: true })
    const column = Math.max(
      0,
      run.columns.findIndex(({ name }) => name === 'table_name'),
    )
    const names: string[] = []
    for await (const row of run.textRows(options.signal)) names.push(row[column] ?? '')
    return names
  }

  /** `path` is a file, a directory or a pattern, as the executors see it. */
  registerParquet(name: string, path: string, options: RegisterOptions = {}): Promise<void> {
    return this.#register('PARQUET', name, path, options)
  }

  registerCsv(name: string, path: string, options: RegisterOptions = {}): Promise<void> {
    return this.#register('CSV', name, path, options)
  }

  registerJson(name: string, path: string, options: RegisterOptions = {}): Promise<void> {
    return this.#register('JSON', name, path, options)
  }

  /** @throws QueryError UNKNOWN_SETTING, INVALID_SETTING */
  async set(
    key: string,
    value: string | number | boolean,
    options: CallOptions = {},
  ): Promise<void> {
    if (!/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$/i.test(key)) {
      throw queryError('UNKNOWN_SETTING', { name: key.slice(0, 80), nearest: '' })
    }
    await this.execute(`SET ${key} = ${quoteLiteral(String(value))}`, options)
  }

  /** What is known of a job. @throws QueryError UNKNOWN_JOB */
  jobStatus(jobId: JobId): Promise<JobAnswer> {
    return this.#front.status(jobId)
  }

  /** @throws QueryError UNKNOWN_JOB */
  cancelJob(jobId: JobId, reason = 'cancelled by the client'): Promise<JobAnswer> {
    return this.#front.cancel(jobId, reason)
  }

  /** Ends the session; the server may be gone already. */
  async close(): Promise<void> {
    await this.#front.closeSession(this.#sessionId).catch(() => undefined)
    this.#front.close()
    await this.#onClosed?.()
  }

  async #frame(
    { sql, kind }: StatementPiece,
    params: Parameters | undefined,
    signal: AbortSignal | undefined,
  ): Promise<DataFrame> {
    const run = (text: string, options: RunOptions): Promise<StatementRun> =>
      this.execute(text, { ...options, params })
    return new DataFrame(
      sql,
      run,
      kind === 'command' ? await this.execute(sql, { signal, params }) : undefined,
    )
  }

  async #register(
    format: TableFormat,
    name: string,
    path: string,
    options: RegisterOptions,
  ): Promise<void> {
    await this.execute(createExternalTableSql({ name, path, format }, options), {
      signal: options.signal,
    })
  }
}

/** A text that is one query and cannot be anything else: nobody has to be asked how it divides. */
function plainQuery(text: string): readonly StatementPiece[] | undefined {
  if (!/^\s*(select|with|from|values)\b/i.test(text) || /;|--|\/\*/.test(text)) return undefined
  return [{ sql: text.trim(), start: text.length - text.trimStart().length, kind: 'query' }]
}
