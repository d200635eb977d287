/** The 22 queries of TPC-H, as the tests keep them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface BenchQuery {
  /** `q01`, … */
  readonly name: string
  readonly sql: string
  /** Whether the query orders its rows. */
  readonly ordered: boolean
}

/** All queries, or those of the given numbers. @throws Error for a number without a query */
export function tpchQueries(numbers?: readonly number[]): readonly BenchQuery[] {
  const directory = join(projectDirectory(), 'tests', 'queries', 'tpch')
  const all = readdirSync(directory).filter((file) => file.endsWith('.sql')).sort().map((file) => {
    const sql = readFileSync(join(directory, file), 'utf8').trim().replace(/;$/, '')
    return { name: file.slice(0, -'.sql'.length), sql, ordered: /\border\s+by\b[^)]*$/i.test(sql) }
  })
  if (numbers === undefined) return all
  return numbers.map((number) => {
    const found = all.find(({ name }) => Number(name.slice(1)) === number)
    if (found === undefined) throw new Error(`there is no query ${number}`)
    return found
  })
}

/** The folder that holds `data/tpch`, from the sources as from the build. */
export function projectDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(directory, 'data', 'tpch'))) directory = dirname(directory)
  return directory
}
