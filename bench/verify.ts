/** `npm run bench -- verify`: every query of the tables' suite on a cluster against one plain DuckDB, answers only. */
import type { DistributeMode } from '@arbalest/common'
import { startBenchCluster, type BenchCluster } from './bench-cluster.js'
import { suiteOf, suiteQueries, type BenchQuery } from './bench-queries.js'
import { expectAnswer, type ExpectedAnswer } from './oracle/expected-answer.js'
import { openPlainDuckdb } from './oracle/plain-duckdb.js'
import { tablesIn } from './oracle/table-files.js'

export interface VerifyOptions {
  readonly data: string
  readonly queries: readonly number[] | undefined
  /** Clusters of these sizes, one after the other. */
  readonly executors: readonly number[]
  readonly threads: number
  readonly modes: readonly DistributeMode[]
}

/** Prints a line for each difference and a summary; true when there is none. */
export async function verify(options: VerifyOptions): Promise<boolean> {
  const tables = tablesIn(options.data)
  const queries = suiteQueries(suiteOf(tables), options.queries)
  const oracle = await openPlainDuckdb(tables, options.threads)
  const expected = new Map<string, ExpectedAnswer>()
  for (const { name, sql } of queries) expected.set(name, await expectAnswer((text) => oracle.answer(text), sql))
  let wrong = 0
  for (const executors of options.executors) {
    const cluster = await startBenchCluster({ executors, threads: options.threads, tables, dataDir: options.data })
    try {
      for (const mode of options.modes) wrong += await verifyMode(cluster, { mode, executors, queries, expected })
    } finally {
      await cluster.close()
    }
  }
  oracle.close()
  return wrong === 0
}

interface ModeRun {
  readonly mode: DistributeMode
  readonly executors: number
  readonly queries: readonly BenchQuery[]
  readonly expected: ReadonlyMap<string, ExpectedAnswer>
}

async function verifyMode({ context }: BenchCluster, run: ModeRun): Promise<number> {
  const { mode, executors, queries, expected } = run
  await context.set('arbalest.distribute', mode)
  let wrong = 0
  let distributed = 0
  for (const { name, sql } of queries) {
    const answer = expected.get(name)
    let difference: string | undefined
    try {
      const actual = await (await context.sql(sql)).collectText()
      if (actual.mode === 'distributed') distributed++
      difference = answer === undefined ? 'no answer to compare with' : await answer.difference(actual)
    } catch (error) {
      difference = String(error)
    }
    if (difference === undefined) continue
    wrong++
    process.stdout.write(`${name} ${mode}, ${executors} executors: ${difference}\n`)
  }
  const right = `${queries.length - wrong} of ${queries.length} equal`
  process.stdout.write(`${mode}, ${executors} executors: ${right}, ${distributed} distributed\n`)
  return wrong
}
