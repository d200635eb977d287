/** The queries of TPC-H and TPC-DS, as the tests keep them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { finalOrder } from './oracle/final-order.js'

export interface BenchQuery {
  /** `q01`, … */
  readonly name: string
  readonly sql: string
  /** Whether the query orders its rows. */
  readonly ordered: boolean
}

export type Suite = 'tpch' | 'tpcds'

/** All 22 of TPC-H, or those of the given numbers. @throws Error for a number without a query */
export const tpchQueries = (numbers?: readonly number[]): readonly BenchQuery[] => suiteQueries('tpch', numbers)

/** All queries of a suite, or those of the given numbers. @throws Error for a number without a query */
export function suiteQueries(suite: Suite, numbers?: readonly number[]): readonly BenchQuery[] {
  const directory = join(projectDirectory(), 'tests', 'queries', suite)
  const all = readdirSync(directory).filter((file) => file.endsWith('.sql')).sort().map((file) => {
    const sql = readFileSync(join(directory, file), 'utf8').trim().replace(/;$/, '')
    return { name: file.slice(0, -'.sql'.length), sql, ordered: finalOrder(sql).keys.length > 0 }
  })
  if (numbers === undefined) return all
  return numbers.map((number) => {
    const found = all.find(({ name }) => Number(name.slice(1)) === number)
    if (found === undefined) throw new Error(`there is no query ${number}`)
    return found
  })
}

/** Whose tables these are. @throws Error for tables of neither suite */
export function suiteOf(tables: readonly { readonly name: string }[]): Suite {
  const has = (table: string) => tables.some(({ name }) => name === table)
  if (has('lineitem')) return 'tpch'
  if (has('store_sales')) return 'tpcds'
  throw new Error('there is neither a table lineitem of TPC-H nor a table store_sales of TPC-DS')
}

/** The folder that holds `data/tpch`, from the sources as from the build. */
export function projectDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(directory, 'data', 'tpch'))) directory = dirname(directory)
  return directory
}
