/**
 * The DuckDB that plans: it holds no data, only a stub view for each table, and answers with syntax
 * trees, plans and column lists. It reads and writes nothing outside the directory of its stubs.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  connectionSettings, parseDataType, QueryError, quoteIdentifier, quoteLiteral, sameType, typeToSql,
  varcharType, type Column, type DataType,
} from '@arbalest/common'
import { storedType } from '@arbalest/plan'
import { Database, type Connection } from './database.js'

/** A name in the planning catalog. */
export interface PlanningName {
  readonly schema: string
  readonly name: string
}

export interface StubTable extends PlanningName {
  readonly columns: readonly Column[]
  /** Rows that the plan's costs are made with. */
  readonly rows: number
}

export interface PlanningView extends PlanningName {
  readonly sql: string
  readonly columns?: readonly string[]
}

export interface PlanningInstance {
  /** Makes or replaces the stub of a table; gives the path of its stub file, which plans name. */
  registerStub(table: StubTable): Promise<string>
  dropStub(name: PlanningName): Promise<void>
  /** @throws QueryError when the query does not bind; positions are in the view's query */
  defineView(view: PlanningView): Promise<void>
  dropView(name: PlanningName): Promise<void>
  /** DuckDB's JSON of the text, or of what is wrong with it. */
  syntaxTree(sql: string): Promise<string>
  /** The text of a syntax tree's JSON. */
  deserializeTree(json: string): Promise<string>
  /** DuckDB's JSON of the optimized plan, or of why there is none; empty when it does not say. */
  planJson(sql: string, settings: Readonly<Record<string, string>>): Promise<string>
  /** @throws QueryError with a position in `sql` */
  describe(sql: string, settings: Readonly<Record<string, string>>): Promise<readonly Column[]>
  close(): Promise<void>
}

/**
 * Optimizers whose results cannot be written as JSON, or that the distribution does itself: with these
 * off every query of TPC-H and TPC-DS has a plan.
 */
const disabledOptimizers = [
  'column_lifetime', 'build_side_probe_side', 'compressed_materialization', 'late_materialization',
  'unused_columns', 'statistics_propagation', 'top_n', 'join_filter_pushdown', 'top_n_window_elimination',
  'window_self_join',
]

const qualified = ({ schema, name }: PlanningName): string => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`

export async function createPlanningInstance(): Promise<PlanningInstance> {
  const directory = await mkdtemp(path.join(tmpdir(), 'arbalest-planner-'))
  const database = await Database.open({
    threads: '1',
    memory_limit: '1GB',
    errors_as_json: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  })
  const lock = database.connect()
  for (const statement of lockStatements(directory)) await lock.execute(statement)
  await lock.close()
  let stubs = 0

  /** A connection of its own for each call, so that settings of one never reach another. */
  const connected = async <T>(
    settings: Readonly<Record<string, string>>,
    use: (connection: Connection) => Promise<T>,
  ): Promise<T> => {
    const connection = database.connect()
    try {
      for (const [name, value] of Object.entries(settings)) {
        await connection.execute(`SET ${quoteIdentifier(name)} = ${quoteLiteral(value)}`)
      }
      return await use(connection)
    } finally {
      await connection.close()
    }
  }

  const oneText = (sql: string, settings: Readonly<Record<string, string>> = {}): Promise<string> =>
    connected(settings, async (connection) => (await connection.textRows(sql))[0]?.[0] ?? '')

  return {
    async registerStub(table) {
      const file = path.join(directory, `${++stubs}.parquet`)
      await connected({}, async (connection) => {
        await connection.execute(`COPY (${emptySelect(table.columns)}) TO ${quoteLiteral(file)} (FORMAT parquet)`)
        const columns = table.columns.map(({ name, type }) => {
          const column = quoteIdentifier(name)
          return `CAST(${column} AS ${typeToSql(type)}) AS ${column}`
        })
        const rows = Math.max(0, Math.round(table.rows))
        const source = `read_parquet(${quoteLiteral(file)}, explicit_cardinality = ${rows}, hive_partitioning = false)`
        await connection.execute(
          `CREATE OR REPLACE VIEW ${qualified(table)} AS SELECT ${columns.join(', ') || '1 AS dummy'} FROM ${source}`,
        )
      })
      return file
    },
    dropStub: (name) => connected({}, (connection) => connection.execute(`DROP VIEW IF EXISTS ${qualified(name)}`)),
    defineView({ sql, columns, ...name }) {
      const list = columns === undefined ? '' : ` (${columns.map(quoteIdentifier).join(', ')})`
      const head = `CREATE OR REPLACE VIEW ${qualified(name)}${list} AS `
      return connected({}, (connection) => withShiftedPosition(head, (text) => connection.execute(text, { sql: text }), sql))
    },
    dropView: (name) => connected({}, (connection) => connection.execute(`DROP VIEW IF EXISTS ${qualified(name)}`)),
    syntaxTree: (sql) => oneText(`SELECT json_serialize_sql(${quoteLiteral(sql)})`),
    deserializeTree: (json) => oneText(`SELECT json_deserialize_sql(${quoteLiteral(json)}::JSON)`),
    async planJson(sql, settings) {
      const call = (optimize: boolean) =>
        oneText(`SELECT json_serialize_plan(${quoteLiteral(sql)}, optimize := ${optimize})`, settings)
      const optimized = await call(true)
      // A plan that cannot be written after optimizing can be before it.
      return isPlan(optimized) ? optimized : call(false)
    },
    describe: (sql, settings) =>
      connected(settings, async (connection) => {
        const rows = await withShiftedPosition(
          'DESCRIBE ',
          (text) => connection.textRows(text, { sql: text }, 2),
          sql,
        )
        return rows.map(([name, type]) => ({ name: name ?? '', type: parseDataType(type ?? '') }))
      }),
    async close() {
      await database.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function lockStatements(directory: string): readonly string[] {
  return [
    "SET GLOBAL TimeZone = 'UTC'",
    `SET GLOBAL disabled_optimizers = ${quoteLiteral(disabledOptimizers.join(','))}`,
    `SET allowed_configs = [${connectionSettings.map(quoteLiteral).join(', ')}]`,
    `SET allowed_directories = [${quoteLiteral(directory)}]`,
    'SET enable_external_access = false',
    'SET lock_configuration = true',
  ]
}

/** No rows, in types that Parquet keeps; the view casts to the types of the catalog. */
function emptySelect(columns: readonly Column[]): string {
  const list = columns.map(({ name, type }) => `CAST(NULL AS ${typeToSql(stubType(type))}) AS ${quoteIdentifier(name)}`)
  return `SELECT ${list.join(', ') || '1 AS dummy'} WHERE false`
}

const stubType = (type: DataType): DataType => (sameType(storedType(type), type) ? type : varcharType)

const isPlan = (json: string): boolean => json.startsWith('{"error":false')

/** Runs `head + sql`; an error's position is moved back into `sql`. */
async function withShiftedPosition<T>(head: string, run: (text: string) => Promise<T>, sql: string): Promise<T> {
  try {
    return await run(head + sql)
  } catch (error) {
    if (!(error instanceof QueryError) || error.position === undefined) throw error
    const wire = error.toWire()
    throw new QueryError({ ...wire, position: Math.max(0, error.position - head.length) }, { cause: error })
  }
}
