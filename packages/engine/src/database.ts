/** An open DuckDB and its connections: lifetimes, and errors as `QueryError`. */
import { assert, present, queryError, type Column, type QueryError } from '@arbalest/common'
import { arrayBytes, readArray, readField, releaseArray, releaseSchema, schemaBytes } from './arrow-memory.js'
import type { NativeArray, NativeField } from './arrow-memory.js'
import { duckdbError, isBreaking, readFailure, type FailureContext } from './duckdb-errors.js'
import { duckdb, resultBytes, resultValue, type HandleOut, type Pointer } from './duckdb-library.js'
import { takeType } from './logical-type.js'
import { readTextColumn } from './text-column.js'

/** What may stand for false in a statement that is streamed. */
export const falseParameter = '$1'

/** Values of a row as text; `null` is SQL's NULL. */
export type TextRow = readonly (string | null)[]

/** What the connections of an instance tell it. */
interface Health {
  isBroken: boolean
}

/** One DuckDB instance in this process. */
export class Database {
  readonly #handle: HandleOut
  readonly #health: Health = { isBroken: false }

  private constructor(handle: HandleOut) {
    this.#handle = handle
  }

  /**
   * Opens an instance in memory. `config` are options that hold from the start, by DuckDB's names.
   * @throws QueryError INTERNAL when DuckDB refuses an option.
   */
  static async open(config: Readonly<Record<string, string>>): Promise<Database> {
    const options: HandleOut = [null]
    assert(duckdb.createConfig(options) === 0 && options[0] !== null, 'DuckDB makes an empty configuration')
    const handle: HandleOut = [null]
    const error: [string | null] = [null]
    try {
      for (const [name, value] of Object.entries(config)) duckdb.setConfig(options[0], name, value)
      const state = await duckdb.open(null, handle, options[0], error)
      if (state !== 0) throw queryError('INTERNAL', { reason: error[0] ?? 'DuckDB does not open' })
    } finally {
      duckdb.destroyConfig(options)
    }
    return new Database(handle)
  }

  connect(): Connection {
    const handle: HandleOut = [null]
    if (this.#handle[0] === null || duckdb.connect(this.#handle[0], handle) !== 0) {
      throw queryError('INTERNAL', { reason: 'DuckDB gives no connection' })
    }
    return new Connection(handle, this.#health)
  }

  /** Whether a statement met a bug of DuckDB's: the instance then refuses all statements, until its end. */
  get isBroken(): boolean {
    return this.#health.isBroken
  }

  /** All connections must have been closed. */
  async close(): Promise<void> {
    if (this.#handle[0] !== null) await duckdb.closeDatabase(this.#handle)
    this.#handle[0] = null
  }
}

/** A connection runs one statement at a time: its owner awaits each call before the next. */
export class Connection {
  readonly #handle: HandleOut
  readonly #health: Health

  constructor(handle: HandleOut, health: Health) {
    this.#handle = handle
    this.#health = health
  }

  /** Runs statements and drops their rows. */
  async execute(sql: string, context: FailureContext = {}): Promise<void> {
    const result = await this.#query(sql, context)
    duckdb.destroyResult(result)
  }

  /**
   * All rows of a statement, for small answers. Its columns are VARCHAR or 64-bit integers, or only the
   * first `columnCount` are read and those are.
   */
  async textRows(
    sql: string,
    context: FailureContext = {},
    columnCount = Number.POSITIVE_INFINITY,
  ): Promise<readonly TextRow[]> {
    const result = await this.#query(sql, context)
    const stream = new ResultStream(result, context, this.#health)
    try {
      const rows: (string | null)[][] = []
      const fields = stream.fields().slice(0, columnCount)
      await stream.forEachChunk((columns, length) => {
        const texts = fields.map(({ format }, at) =>
          readTextColumn(present(columns[at], 'a chunk has all columns'), format))
        for (let row = 0; row < length; row++) rows.push(texts.map((text) => text[row] ?? null))
      })
      return rows
    } finally {
      stream.close()
    }
  }

  /**
   * Starts a query whose rows are computed as they are fetched. The caller closes the stream. DuckDB plans a
   * statement that reads files when it is prepared and again when it runs; one in which {@link falseParameter}
   * stands for false in an option of each reader is planned once.
   */
  async stream(sql: string, context: FailureContext = {}): Promise<ResultStream> {
    const statement: HandleOut = [null]
    const pending: HandleOut = [null]
    const result = Buffer.alloc(resultBytes)
    try {
      const prepared = await duckdb.prepare(this.#pointer(), checkedText(sql), statement)
      const handle = statement[0]
      assert(handle !== null, 'a prepared statement exists even when it failed')
      if (prepared !== 0) throw failed(duckdb.prepareError(handle), context, this.#health)
      if (duckdb.parameterCount(handle) > 0) duckdb.bindBoolean(handle, 1, false)
      const state = await duckdb.pendingStreaming(handle, pending)
      assert(pending[0] !== null, 'a pending result exists even when it failed')
      if (state !== 0) throw failed(duckdb.pendingError(pending[0]), context, this.#health)
      const executed = await duckdb.executePending(pending[0], result)
      if (executed !== 0) {
        const text = duckdb.resultError(result) ?? duckdb.pendingError(pending[0])
        duckdb.destroyResult(result)
        throw failed(text, context, this.#health)
      }
    } finally {
      duckdb.destroyPending(pending)
      duckdb.destroyPrepare(statement)
    }
    return new ResultStream(result, context, this.#health)
  }

  /** The columns that a statement would give, by the names and types that its rows would have. */
  describe(sql: string, context: FailureContext = {}): Promise<readonly Column[]> {
    return this.#prepared(sql, context, (handle) =>
      Array.from({ length: Number(duckdb.preparedColumns(handle)) }, (_, at) => ({
        name: duckdb.preparedColumnName(handle, at) ?? '',
        type: takeType(duckdb.preparedColumnType(handle, at)),
      })))
  }

  /** Binds a statement, which may have parameters. */
  check(sql: string, context: FailureContext = {}): Promise<void> {
    return this.#prepared(sql, context, () => undefined)
  }

  async #prepared<T>(sql: string, context: FailureContext, use: (handle: Pointer) => T): Promise<T> {
    const statement: HandleOut = [null]
    try {
      const state = await duckdb.prepare(this.#pointer(), checkedText(sql), statement)
      const handle = statement[0]
      assert(handle !== null, 'a prepared statement exists even when it failed')
      if (state !== 0) throw failed(duckdb.prepareError(handle), context, this.#health)
      return use(handle)
    } finally {
      duckdb.destroyPrepare(statement)
    }
  }

  /** Stops what runs now; it then fails as interrupted. Does nothing when nothing runs. */
  interrupt(): void {
    if (this.#handle[0] !== null) duckdb.interrupt(this.#handle[0])
  }

  /** A figure of the last statement's profile, or `undefined`: profiling must be on. */
  profileFigure(name: string): number | undefined {
    const profile = duckdb.profile(this.#pointer())
    if (profile === null) return undefined
    const value: HandleOut = [duckdb.profileValue(profile, name)]
    if (value[0] === null) return undefined
    const text = duckdb.valueText(value[0])
    duckdb.destroyValue(value)
    const figure = Number(text ?? NaN)
    return Number.isFinite(figure) ? figure : undefined
  }

  async close(): Promise<void> {
    if (this.#handle[0] !== null) await duckdb.disconnect(this.#handle)
    this.#handle[0] = null
  }

  async #query(sql: string, context: FailureContext): Promise<Buffer> {
    const result = Buffer.alloc(resultBytes)
    const state = await duckdb.query(this.#pointer(), checkedText(sql), result)
    if (state === 0) return result
    const text = duckdb.resultError(result)
    duckdb.destroyResult(result)
    throw failed(text, context, this.#health)
  }

  #pointer(): Pointer {
    const pointer = this.#handle[0]
    assert(pointer !== null, 'a closed connection is not used')
    return pointer
  }
}

/** Rows of a running query, chunk by chunk. Its owner closes it before the connection. */
class ResultStream {
  readonly #result: Buffer
  readonly #context: FailureContext
  readonly #health: Health
  readonly #options: HandleOut
  #closed = false

  constructor(result: Buffer, context: FailureContext, health: Health) {
    this.#result = result
    this.#context = context
    this.#health = health
    this.#options = [duckdb.arrowOptions(result)]
  }

  /** The columns as Arrow sees them, named `0`, `1`, …. */
  fields(): readonly NativeField[] {
    const count = Number(duckdb.columnCount(this.#result))
    const types = Array.from({ length: count }, (_, column) => duckdb.columnType(this.#result, column))
    const names = types.map((_, column) => String(column))
    const schema = Buffer.alloc(schemaBytes)
    try {
      checked(duckdb.toArrowSchema(this.#optionsPointer(), types, names, count, schema), this.#context, this.#health)
      const field = readField(schema)
      releaseSchema(schema)
      return field.children
    } finally {
      for (const type of types) duckdb.destroyType([type])
    }
  }

  /**
   * Hands every chunk to `consume`, whose columns are valid until it has answered; the next chunk is
   * fetched after that, so a slow consumer slows the query down.
   */
  async forEachChunk(
    consume: (columns: readonly NativeArray[], length: number) => Promise<void> | void,
  ): Promise<void> {
    const value = resultValue(this.#result)
    for (;;) {
      const chunk: HandleOut = [await duckdb.fetchChunk(value)]
      if (chunk[0] === null) break
      const array = Buffer.alloc(arrayBytes)
      try {
        checked(duckdb.chunkToArrow(this.#optionsPointer(), chunk[0], array), this.#context, this.#health)
      } finally {
        duckdb.destroyChunk(chunk)
      }
      try {
        const root = readArray(array)
        const waiting = consume(root.children, root.length)
        if (waiting !== undefined) await waiting
      } finally {
        releaseArray(array)
      }
    }
    const text = duckdb.resultError(this.#result)
    if (text !== null && text !== '') throw failed(text, this.#context, this.#health)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    duckdb.destroyArrowOptions(this.#options)
    duckdb.destroyResult(this.#result)
  }

  #optionsPointer(): Pointer {
    const pointer = this.#options[0]
    assert(pointer !== null && !this.#closed, 'a closed result is not read')
    return pointer
  }
}

function failed(text: string | null, context: FailureContext, health: Health): QueryError {
  const failure = readFailure(text ?? 'DuckDB failed without a message')
  if (isBreaking(failure)) health.isBroken = true
  return duckdbError(failure, context)
}

function checked(error: Pointer | null, context: FailureContext, health: Health): void {
  if (error === null) return
  const text = duckdb.errorMessage(error)
  duckdb.destroyError([error])
  throw failed(text, context, health)
}

/** C strings end at the first NUL: a statement that holds one would be cut silently. */
function checkedText(sql: string): string {
  const position = sql.indexOf('\0')
  if (position < 0) return sql
  throw queryError('SYNTAX_ERROR', { reason: 'the statement holds a NUL character' }, { position })
}
