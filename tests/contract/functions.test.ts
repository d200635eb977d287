/**
 * Every function that DuckDB has, called with arguments of all its overloads: what is read and written
 * again must give the same values, or the call must be unreadable.
 */
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { contractDatabase, type ContractDatabase } from './contract-database.js'
import { columnsByType, constantsByType, sampleTable, specialArguments } from './function-samples.js'

interface Overload { readonly name: string; readonly kind: string; readonly types: readonly string[] }

/** Their values differ from one evaluation or one process to the next. */
const unstable = new Set([
  'random', 'uuid', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'now', 'current_localtime', 'current_localtimestamp',
  'get_current_time', 'get_current_timestamp', 'transaction_timestamp', 'txid_current', 'current_setting',
  'current_database', 'in_search_path',
])
const callsPerFunction = 6

let database: ContractDatabase
beforeAll(async () => {
  database = await contractDatabase({ v: sampleTable })
})
afterAll(() => database.close())

test('functions give the same values as they were read', { timeout: 300_000 }, async () => {
  const wrong: string[] = []
  let equal = 0
  for (const overloads of await functions()) {
    for (const sql of callsOf(overloads)) {
      const verdict = await compare(sql)
      if (verdict === 'equal') equal += 1
      if (verdict === 'wrong') wrong.push(sql)
    }
  }
  expect(wrong).toEqual([])
  expect(equal).toBeGreaterThan(900)
})

async function compare(sql: string): Promise<'equal' | 'wrong' | 'not callable' | 'whole'> {
  const expected = await database.run(sql)
  if (typeof expected === 'string') return 'not callable'
  const reading = await database.read(sql)
  if (reading.kind === 'whole') return 'whole'
  const actual = await database.run(reading.sql)
  return JSON.stringify(actual) === JSON.stringify(expected) ? 'equal' : 'wrong'
}

async function functions(): Promise<readonly (readonly Overload[])[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const reader = await connection.runAndReadAll(`
    SELECT function_name, function_type, parameter_types FROM duckdb_functions()
    WHERE function_type IN ('scalar', 'aggregate') AND database_name = 'system' ORDER BY ALL`)
  connection.closeSync()
  instance.closeSync()
  const all = reader.getRowsJson().map(([name, kind, types]): Overload => (
    { name: String(name), kind: String(kind), types: types as unknown as readonly string[] }
  ))
  const groups = new Map<string, Overload[]>()
  for (const overload of all) {
    const key = `${overload.kind} ${overload.name}`
    groups.set(key, [...(groups.get(key) ?? []), overload])
  }
  return [...groups.values()].filter(([first]) => !unstable.has(first!.name))
}

function callsOf(overloads: readonly Overload[]): readonly string[] {
  const { name, kind } = overloads[0]!
  const isScalar = kind === 'scalar'
  const special = isScalar ? specialArguments[name] : undefined
  const args = special ?? [...new Set(overloads.flatMap(({ types }) => argumentLists(types)))]
  return args.slice(0, callsPerFunction).map((list) => {
    const call = callText(name, list)
    return isScalar ? `SELECT ${call} AS r FROM v` : `SELECT g, ${call} AS r FROM v GROUP BY g`
  })
}

/** Columns for all parameters; a column for the first one and constants for the others. */
function argumentLists(types: readonly string[]): readonly string[] {
  const columns = argumentsOf(types, columnsByType)
  const constants = [...columns.slice(0, 1), ...argumentsOf(types.slice(1), constantsByType)]
  return [columns, constants].filter((list) => !list.includes('')).map((list) => list.join(', '))
}

/** An empty text stands for a type that there is no sample of. */
const argumentsOf = (types: readonly string[], samples: Readonly<Record<string, string>>): readonly string[] =>
  types.map((type) => samples[type] ?? columnsByType[type] ?? genericSample(type))

function genericSample(type: string): string {
  if (/^(ANY|T|V|K)$/.test(type)) return 'integer'
  if (/^(ANY|T|V|K)\[\]$/.test(type)) return 'ilist'
  if (type === 'VARCHAR[]') return 'vlist'
  if (type === 'DOUBLE[]') return 'dlist'
  if (type === 'FLOAT[ANY]') return 'farray'
  if (type === 'DOUBLE[ANY]') return 'darray'
  return type.startsWith('MAP') ? 'map' : ''
}

function callText(name: string, list: string): string {
  if (/\w/.test(name)) return `"${name}"(${list})`
  const args = list.split(/,(?![^[(]*[\])])/)
  return args.length === 2 ? `((${args[0]}) ${name} (${args[1]}))` : `(${name} (${list}))`
}
