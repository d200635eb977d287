import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { refusedFunctions, volatileFunctions } from './function-lists.js'

async function unstableFunctions(): Promise<readonly string[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const reader = await connection.runAndReadAll(
    `SELECT DISTINCT function_name FROM duckdb_functions()
     WHERE function_type = 'scalar' AND stability <> 'CONSISTENT'`,
  )
  connection.closeSync()
  instance.closeSync()
  return reader.getRows().map(([name]) => String(name))
}

test('every function that DuckDB calls unstable is volatile or refused', async () => {
  const names = await unstableFunctions()
  expect(names).toContain('random')
  // error() never gives a value, so that none can differ.
  const known = new Set(['error', ...volatileFunctions, ...refusedFunctions])
  expect(names.filter((name) => !known.has(name))).toEqual([])
})
