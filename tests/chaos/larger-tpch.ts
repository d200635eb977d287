/** TPC-H data on which a query runs long enough to be disturbed: the sample many times over, with new keys. */
import { join } from 'node:path'
import { quoteLiteral } from '@arbalest/common'
import { DuckDBInstance } from '@duckdb/node-api'
import { tablesIn, type TableFiles } from '../../bench/oracle/table-files.js'
import { projectDirectory } from '../../bench/bench-queries.js'

/** How much further the keys of each copy are. */
const keySteps: Readonly<Record<string, number>> = {
  orderkey: 60_000, partkey: 2_000, suppkey: 100, custkey: 1_500,
}

/** Directory of one's own data, at any scale, to run the tests on instead. */
const givenDirectory = process.env['ARBALEST_TEST_DATA']

/** Writes `copies` times the sample into `directory`, or gives the tables of ARBALEST_TEST_DATA. */
export async function largerTpch(directory: string, copies: number): Promise<readonly TableFiles[]> {
  if (givenDirectory !== undefined) return tablesIn(givenDirectory)
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  try {
    for (const { name, location } of tablesIn(join(projectDirectory(), 'data', 'tpch'))) {
      const source = `read_parquet(${quoteLiteral(location)})`
      const described = await connection.runAndReadAll(`DESCRIBE FROM ${source}`)
      const columns = described.getRowsJson().map(([column]) => String(column))
      const list = columns.map((column) => {
        const step = keySteps[column.replace(/^[a-z]+_/, '')]
        return step === undefined ? column : `${column} + ${step} * copy AS ${column}`
      })
      const times = name === 'nation' || name === 'region' ? 1 : copies
      await connection.run(
        `COPY (SELECT ${list.join(', ')} FROM range(${times}) r(copy), ${source})
         TO ${quoteLiteral(join(directory, `${name}.parquet`))} (ROW_GROUP_SIZE 20480)`,
      )
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
  return tablesIn(directory)
}
