/**
 * The DuckDB that plans: it holds no data, only a stub view for each table and the views over them. It
 * runs in the planner child, for hostile text can make planning use any amount of memory.
 */
import { copyFile, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  catalogName, connectionSettings, defaultSchema, dialectSchema, present, queryError, quoteIdentifier, quoteLiteral,
  typeToSql, type Column, type DataType,
} from '@arbalest/common'
import { Database, type Connection, type TextRow } from './database.js'

export interface CatalogName {
  readonly schema: string
  readonly name: string
}

/** `columns` are new names for the query's columns. */
export interface ViewDefinition extends CatalogName {
  readonly sql: string
  readonly columns?: readonly string[]
}

/** DuckDB settings of a session, by name; `connectionSettings` and `search_path` only. */
export type PlanningSettings = Readonly<Record<string, string>>

/** The value of the setting `search_path` for these schemas of the catalog, which must exist. */
export const searchPath = (schemas: readonly string[]): string =>
  schemas.map((schema) => `${catalogName}.${quoteIdentifier(schema)}`).join(',')

/** A table as CREATE TABLE makes it. */
export interface DeclaredTable {
  readonly name: string
  readonly columns: readonly (Column & { readonly notNull: boolean; readonly defaultValue: string | undefined })[]
}

export interface PlanningInstance {
  /**
   * Makes a table known, or another under its name. Answers with the path of the file that stands for
   * it in plans, a new one each time.
   */
  registerStub(table: CatalogName & { readonly columns: readonly Column[]; readonly rows: number }): Promise<string>
  dropStub(name: CatalogName): Promise<void>
  /** @throws QueryError as DuckDB's binder does, with its place in the view's text. */
  defineView(view: ViewDefinition): Promise<void>
  dropView(name: CatalogName): Promise<void>
  /** Makes a macro, or another one under its name; `text` is all that stands after the name. @throws QueryError */
  defineMacro(name: CatalogName, text: string): Promise<void>
  dropMacro(name: CatalogName, isTable: boolean): Promise<void>
  /** Whether DuckDB itself has a function of the name. */
  hasFunction(name: string): Promise<boolean>
  /** Makes a type, or another one under its name; `type` is DuckDB's name of it, written out. */
  defineType(name: CatalogName, type: string): Promise<void>
  dropType(name: CatalogName): Promise<void>
  /** Makes a sequence that has no value, or another one under its name; `options` are held against each other. */
  defineSequence(name: CatalogName, options: string): Promise<void>
  dropSequence(name: CatalogName): Promise<void>
  /** `json_serialize_sql` of the text; an error is told in the JSON. */
  syntaxTree(sql: string): Promise<string>
  /** The SQL of a syntax tree. */
  deserializeTree(json: string): Promise<string>
  /**
   * The bound plan as JSON: optimized where DuckDB can serialize that, else as bound, and where that
   * cannot be either, JSON with an error.
   */
  planJson(sql: string, settings?: PlanningSettings): Promise<string>
  /** Names and types of a query's columns. @throws QueryError with code and place when it does not bind. */
  describe(sql: string, settings?: PlanningSettings): Promise<readonly Column[]>
  /**
   * What DuckDB's DESCRIBE tells of a query's columns beside their types, over tables that are empty and have these
   * constraints. @throws QueryError
   */
  constraints(sql: string, tables: readonly DeclaredTable[], prelude: readonly string[]): Promise<readonly TextRow[]>
  /** A statement that may have parameters. @throws QueryError with code and place when it does not bind. */
  check(sql: string, settings?: PlanningSettings): Promise<void>
  /** The type of that name. @throws QueryError with a place in the text */
  typeOf(type: string, settings?: PlanningSettings): Promise<DataType>
  /** The value of an expression as SQL of a constant: a cast of its text to its type. */
  constant(expression: string, settings?: PlanningSettings): Promise<string>
  /** Computes a query that reads no table into a Parquet file; gives its path. The caller takes the file away. */
  writeRows(sql: string, settings?: PlanningSettings): Promise<string>
  /** Whether a statement met a bug of DuckDB's, after which this instance refuses all others. */
  isBroken(): boolean
  close(): Promise<void>
}

/**
 * Optimizers after which DuckDB cannot serialize all plans, or that decide what is ours to decide; `regex_range`
 * compares texts with BLOBs, which no statement can say.
 */
const disabledOptimizers = [
  'column_lifetime', 'build_side_probe_side', 'compressed_materialization', 'late_materialization',
  'unused_columns', 'statistics_propagation', 'top_n', 'join_filter_pushdown',
  'top_n_window_elimination', 'window_self_join', 'regex_range',
]

const templateName = 'template.parquet'

export async function createPlanningInstance(): Promise<PlanningInstance> {
  const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'arbalest-stubs-')))
  const database = await openDatabase(directory)
  return new LockedPlanningInstance(database, directory)
}

async function openDatabase(directory: string): Promise<Database> {
  const database = await Database.open({
    threads: '1',
    errors_as_json: 'true',
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = database.connect()
  try {
    const settings = [...connectionSettings, 'search_path'].map(quoteLiteral).join(', ')
    for (const statement of [
      `COPY (SELECT 1 AS stub WHERE false) TO ${quoteLiteral(path.join(directory, templateName))} (FORMAT parquet)`,
      `ATTACH ':memory:' AS ${catalogName}`,
      createSchema(dialectSchema),
      "SET GLOBAL TimeZone = 'UTC'",
      `SET disabled_optimizers = ${quoteLiteral(disabledOptimizers.join(','))}`,
      `SET allowed_configs = [${settings}]`,
      `SET allowed_directories = [${quoteLiteral(directory)}]`,
      'SET enable_external_access = false',
      'SET lock_configuration = true',
    ]) await connection.execute(statement)
  } finally {
    await connection.close()
  }
  return database
}

/** Idle connections that are kept. */
const parsersMax = 4

class LockedPlanningInstance implements PlanningInstance {
  readonly #database: Database
  readonly #directory: string
  readonly #stubs = new Map<string, string>()
  /** Idle connections for texts as such. */
  readonly #parsers: Connection[] = []
  #stubCount = 0
  #writtenCount = 0

  constructor(database: Database, directory: string) {
    this.#database = database
    this.#directory = directory
  }

  async registerStub(
    table: CatalogName & { readonly columns: readonly Column[]; readonly rows: number },
  ): Promise<string> {
    const stub = path.join(this.#directory, `stub_${++this.#stubCount}.parquet`)
    await copyFile(path.join(this.#directory, templateName), stub)
    const name = qualified(table)
    await this.#use({}, async (connection) => {
      await connection.execute(createSchema(table.schema))
      await connection.execute(`CREATE OR REPLACE VIEW ${name} AS ${stubSql(stub, table.columns, table.rows)}`)
    })
    const old = this.#stubs.get(name)
    this.#stubs.set(name, stub)
    if (old !== undefined) await rm(old, { force: true })
    return stub
  }

  async dropStub(table: CatalogName): Promise<void> {
    const name = qualified(table)
    await this.dropView(table)
    const stub = this.#stubs.get(name)
    this.#stubs.delete(name)
    if (stub !== undefined) await rm(stub, { force: true })
  }

  async defineView({ sql, columns, ...name }: ViewDefinition): Promise<void> {
    const names = columns === undefined ? '' : ` (${columns.map(quoteIdentifier).join(', ')})`
    const prefix = `CREATE OR REPLACE VIEW ${qualified(name)}${names} AS `
    await this.#use({}, async (connection) => {
      await connection.execute(createSchema(name.schema))
      await connection.execute(prefix + sql, { sql, prefix })
    })
  }

  async dropView(name: CatalogName): Promise<void> {
    await this.#use({}, (connection) => connection.execute(`DROP VIEW IF EXISTS ${qualified(name)}`))
  }

  async defineMacro(name: CatalogName, text: string): Promise<void> {
    const prefix = `CREATE OR REPLACE MACRO ${qualified(name)} `
    await this.#use({}, (connection) => connection.execute(createSchema(name.schema)))
    const path = [...new Set([name.schema, defaultSchema, dialectSchema])]
    await this.#use({ search_path: searchPath(path) }, (connection) =>
      connection.execute(prefix + text, { sql: text, prefix }))
  }

  dropMacro(name: CatalogName, isTable: boolean): Promise<void> {
    const object = isTable ? 'MACRO TABLE' : 'MACRO'
    return this.#use({}, (connection) => connection.execute(`DROP ${object} IF EXISTS ${qualified(name)}`))
  }

  async hasFunction(name: string): Promise<boolean> {
    const sql = `SELECT count(*) FROM duckdb_functions()
      WHERE database_name = 'system' AND lower(function_name) = lower(${quoteLiteral(name)})`
    const rows = await this.#use({}, (connection) => connection.textRows(sql))
    return rows[0]?.[0] !== '0'
  }

  async defineType(name: CatalogName, type: string): Promise<void> {
    await this.#use({}, async (connection) => {
      await connection.execute(createSchema(name.schema))
      await connection.execute(`CREATE OR REPLACE TYPE ${qualified(name)} AS ${type}`)
    })
  }

  dropType(name: CatalogName): Promise<void> {
    return this.#use({}, (connection) => connection.execute(`DROP TYPE IF EXISTS ${qualified(name)}`))
  }

  async defineSequence(name: CatalogName, options: string): Promise<void> {
    await this.#use({}, async (connection) => {
      await connection.execute(createSchema(name.schema))
      const create = `CREATE OR REPLACE SEQUENCE ${qualified(name)}`
      await connection.execute(`${create} ${options}`)
      // What computes a constant of it here fails: its values are given elsewhere.
      await connection.execute(`${create} START ${2n ** 63n - 1n}`)
    })
  }

  dropSequence(name: CatalogName): Promise<void> {
    return this.#use({}, (connection) => connection.execute(`DROP SEQUENCE IF EXISTS ${qualified(name)}`))
  }

  syntaxTree(sql: string): Promise<string> {
    return this.#parsed(`system.main.json_serialize_sql(${quoteLiteral(checkedText(sql))})`)
  }

  deserializeTree(json: string): Promise<string> {
    return this.#parsed(`system.main.json_deserialize_sql(${quoteLiteral(checkedText(json))}::JSON)`)
  }

  async planJson(sql: string, settings: PlanningSettings = {}): Promise<string> {
    const text = quoteLiteral(checkedText(sql))
    for (const optimize of [true, false]) {
      const call = `system.main.json_serialize_plan(${text}, optimize := ${optimize})`
      const json = await this.#text(call, settings).catch(errorJson)
      if (json !== '' && !json.startsWith('{"error":true')) return optimize ? json : unlessExplosive(json)
      if (!optimize && json !== '') return json
    }
    return errorJson(new Error('the plan cannot be told as JSON'))
  }

  describe(sql: string, settings: PlanningSettings = {}): Promise<readonly Column[]> {
    return this.#use(settings, (connection) => connection.describe(sql, { sql }))
  }

  constraints(
    sql: string,
    tables: readonly DeclaredTable[],
    prelude: readonly string[],
  ): Promise<readonly TextRow[]> {
    return this.#use({}, async (connection) => {
      for (const { name, columns } of tables) {
        const list = columns.map(({ name: column, type, notNull, defaultValue }) => [
          quoteIdentifier(column), typeToSql(type), notNull ? 'NOT NULL' : '',
          defaultValue === undefined ? '' : `DEFAULT (${defaultValue})`,
        ].join(' '))
        await connection.execute(`CREATE TEMP TABLE ${quoteIdentifier(name)} (${list.join(', ')})`)
      }
      for (const statement of prelude) await connection.execute(statement)
      return connection.textRows(`SELECT "null", "default" FROM (DESCRIBE ${sql}\n)`)
    })
  }

  check(sql: string, settings: PlanningSettings = {}): Promise<void> {
    return this.#use(settings, (connection) => connection.check(sql, { sql }))
  }

  async typeOf(type: string, settings: PlanningSettings = {}): Promise<DataType> {
    const prefix = 'SELECT CAST(NULL AS '
    const columns = await this.#use(settings, (connection) =>
      connection.describe(`${prefix}${type}\n)`, { sql: type, prefix }))
    return present(columns[0], 'the query has one column').type
  }

  async constant(expression: string, settings: PlanningSettings = {}): Promise<string> {
    const sql = `SELECT typeof(v), CAST(v AS VARCHAR) FROM (SELECT (${expression}\n) AS v)`
    const rows = await this.#use(settings, (connection) => connection.textRows(sql))
    const [type, value] = rows[0] ?? []
    const text = value === undefined || value === null ? 'NULL' : quoteLiteral(value)
    return type === undefined || type === null || type === '"NULL"' ? text : `CAST(${text} AS ${type})`
  }

  async writeRows(sql: string, settings: PlanningSettings = {}): Promise<string> {
    const file = path.join(this.#directory, `rows_${++this.#writtenCount}.parquet`)
    // DuckDB 1.5.6 cannot write few lists of texts by the encodings of version 2.
    const options = '(FORMAT parquet, PARQUET_VERSION V1)'
    await this.#use(settings, (connection) =>
      connection.execute(`COPY (${sql}\n) TO ${quoteLiteral(file)} ${options}`, { directory: this.#directory }))
    return file
  }

  isBroken(): boolean {
    return this.#database.isBroken
  }

  async close(): Promise<void> {
    for (const connection of this.#parsers.splice(0)) await connection.close()
    await this.#database.close()
    await rm(this.#directory, { recursive: true, force: true })
  }

  #text(expression: string, settings: PlanningSettings): Promise<string> {
    return this.#use(settings, (connection) => textOf(connection, expression))
  }

  /** What looks up no name of a catalog needs no settings either, so that its connection can be used again. */
  async #parsed(expression: string): Promise<string> {
    const connection = this.#parsers.pop() ?? this.#database.connect()
    try {
      return await textOf(connection, expression)
    } finally {
      if (this.#parsers.length < parsersMax) this.#parsers.push(connection)
      else await connection.close()
    }
  }

  /** Each call has its own connection, so that settings of one session never meet another's. */
  async #use<T>(settings: PlanningSettings, work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = this.#database.connect()
    try {
      const all = { search_path: searchPath([defaultSchema, dialectSchema]), ...settings }
      for (const [name, value] of Object.entries(all)) {
        await connection.execute(`SET ${quoteIdentifier(name)} = ${quoteLiteral(value)}`)
      }
      return await work(connection)
    } finally {
      await connection.close()
    }
  }
}

/**
 * A plan told before it is optimized holds joins as cross products with filters above: where it has any,
 * running it as it stands could fill a disk that the optimized query never touches.
 */
function unlessExplosive(json: string): string {
  const explosive = ['LOGICAL_CROSS_PRODUCT', 'LOGICAL_ANY_JOIN', 'LOGICAL_DELIM_JOIN', 'LOGICAL_DEPENDENT_JOIN']
  return explosive.some((operator) => json.includes(`"${operator}"`))
    ? errorJson(new Error('its joins can be told only before they are optimized'))
    : json
}

async function textOf(connection: Connection, expression: string): Promise<string> {
  const rows = await connection.textRows(`SELECT CAST(${expression} AS VARCHAR)`)
  return rows[0]?.[0] ?? ''
}

const qualified = ({ schema, name }: CatalogName): string =>
  `${catalogName}.${quoteIdentifier(schema)}.${quoteIdentifier(name)}`

const createSchema = (schema: string): string =>
  `CREATE SCHEMA IF NOT EXISTS ${catalogName}.${quoteIdentifier(schema)}`

/**
 * Reads an empty file as if it had the table's columns. The reader takes their types from `schema`, so
 * plans see catalog types without casts and filters go down into the scan.
 */
function stubSql(file: string, columns: readonly Column[], rows: number): string {
  const entries = columns.map(({ name, type }, id) =>
    `${id}: {name: ${quoteLiteral(name)}, type: ${quoteLiteral(typeToSql(type))}, default_value: NULL}`)
  const cardinality = Math.max(1, Math.round(rows))
  const options = `explicit_cardinality = ${cardinality}, schema = MAP {${entries.join(', ')}}`
  return `SELECT * FROM read_parquet(${quoteLiteral(file)}, ${options})`
}

const errorJson = (error: unknown): string =>
  JSON.stringify({ error: true, error_message: error instanceof Error ? error.message : String(error) })

function checkedText(text: string): string {
  const position = text.indexOf('\0')
  if (position < 0) return text
  throw queryError('SYNTAX_ERROR', { reason: 'the statement holds a NUL character' }, { position })
}
