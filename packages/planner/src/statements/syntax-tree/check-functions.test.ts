import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allowedTableFunctions, checkFunctions, deniedFunctions } from './check-functions.js'
import { readSyntaxTree } from './syntax-tree.js'

/** Functions with effects or changing values that are known and do no harm. */
const harmlessVolatileFunctions: ReadonlySet<string> = new Set([
  'current_database',
  'current_date',
  'current_schema',
  'current_schemas',
  'currval',
  'error',
  'gen_random_uuid',
  'get_current_time',
  'get_current_timestamp',
  'nextval',
  'now',
  'random',
  'setseed',
  'sleep_ms',
  'stats',
  'today',
  'transaction_timestamp',
  'uuid',
  'uuidv4',
  'uuidv7',
])

let connection: DuckDBConnection
beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  connection = await instance.connect()
})
afterAll(() => connection.closeSync())

test.each([
  'select sum(a), now(), uuid(), random() from t',
  "select * from t, range(3), generate_series(1, 2), unnest([1]), json_each('{}')",
  "from read_parquet('x')",
  'select json_serialize_sql(\'select 1\'), version(), current_user, current_date',
  'select list_transform([1], lambda x: x + 1), row_number() over () from t',
  'summarize t',
])('%s is allowed', async (sql) => expect(await check(sql)).toBeUndefined())

test.each([
  ["select '😀', getvariable('x')", 13],
  ["select GetEnv('HOME')", 7],
  ["select system.main.current_setting('threads')", 7],
  ['select a from t where a in (select "GetVariable"(\'s\'))', 35],
  ["select list_transform([1], lambda x: current_setting('threads'))", 37],
  ["from query('from t')", 5],
  ["from query_table('t')", 5],
  ["from read_text('/etc/passwd')", 5],
  ["from read_blob('/etc/passwd')", 5],
  ["from glob('/*')", 5],
  ["from sniff_csv('x')", 5],
  ["from parquet_metadata('x')", 5],
  ['from duckdb_settings()', 5],
  ["from t, pragma_table_info('t')", 8],
  ["from (from (from read_json_objects('x')))", 17],
  ["with x as (from read_text('x')) select 1", 16],
  ["select st_crs('POINT (0 1)'::geometry)", 7],
  ["select [null::GEOMETRY('OGC:CRS84')]", undefined],
  ['select sum(a) export_state from t', 7],
  ["select json_serialize_plan('from t')", 7],
  ["from histogram(t, a)", 5],
  ['from (describe t)', undefined],
  ['from (show tables)', undefined],
  ['from t pivot (sum(current_setting(\'x\')) for a in (1))', 18],
])('%s is refused', async (sql, position) => {
  expect(await check(sql)).toMatchObject({ code: 'NOT_ALLOWED', position })
})

test('every function with effects is known as harmless or denied', async () => {
  const volatile = await names(
    `function_type in ('scalar', 'aggregate') and (has_side_effects or stability <> 'CONSISTENT')`,
  )
  const known = (name: string): boolean =>
    harmlessVolatileFunctions.has(name) || deniedFunctions.has(name)
  expect(volatile.filter((name) => !known(name))).toEqual([])
  expect([...harmlessVolatileFunctions].filter((name) => !volatile.includes(name))).toEqual([])
})

test('every macro that reads a table is denied', async () => {
  const reading = await names(`function_type = 'macro' and macro_definition ilike '% FROM %'`)
  expect(reading.filter((name) => !deniedFunctions.has(name))).toEqual([])
})

test('the allowed table functions exist', async () => {
  const existing = await names(`function_type = 'table'`)
  expect([...allowedTableFunctions].filter((name) => !existing.includes(name))).toEqual([])
})

async function names(condition: string): Promise<readonly string[]> {
  const reader = await connection.runAndReadAll(
    `select distinct function_name from duckdb_functions() where ${condition} order by 1`,
  )
  return reader.getRows().map(([name]) => String(name))
}

async function check(sql: string): Promise<unknown> {
  const literal = `'${sql.replaceAll("'", "''")}'`
  const reader = await connection.runAndReadAll(`select json_serialize_sql(${literal})`)
  const tree = readSyntaxTree(String(reader.getRows()[0]?.[0]), sql)
  try {
    checkFunctions(tree)
    return undefined
  } catch (error) {
    return error
  }
}
