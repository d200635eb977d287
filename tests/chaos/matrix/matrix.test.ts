/**
 * Faults of real processes in the middle of statements: each fault, in the first, a middle and the last stage, of a
 * query and of statements that write. Answers are DuckDB's, what is written is there once, nothing is left over; and
 * without retries the same statement fails. A slice runs always; ARBALEST_CHAOS=all runs every cell, and
 * ARBALEST_CHAOS='words' those whose name holds the words.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest'
import type { Answer } from '../../../bench/oracle/compare-answers.js'
import { openPlainDuckdb } from '../../../bench/oracle/plain-duckdb.js'
import { largerTpch } from '../larger-tpch.js'
import { noRetries, startChaosCluster, type ChaosCluster } from './chaos-cluster.js'
import { faults, type Fault } from './faults.js'
import { runCell, type Cell } from './run-cell.js'
import { smallDisksMissing } from './small-disk.js'
import { cuttingMissing } from './sockets.js'
import { dataCopies, positions, statementKinds, workQuery } from './statements.js'

const wanted = process.env['ARBALEST_CHAOS']
const smallDisks = smallDisksMissing()
const missing = (fault: Fault): string | undefined =>
  fault.name === 'disk full' ? smallDisks : fault.name.startsWith('sockets') ? cuttingMissing() : undefined

const allCells = faults.flatMap((fault) => positions.flatMap((position) => statementKinds.map((kind) => ({
  fault, position, kind, name: `${fault.name}, ${position} stage, ${kind}`,
})))).filter(({ fault, position, kind }) => fault.impossible?.(position, kind) === undefined)

/** Each fault once, places and statements in turn. */
const slice = faults.map((fault, at) => {
  const own = allCells.filter((cell) => cell.fault === fault)
  return own[(at * 5) % own.length]!
})
const cells = wanted === undefined ? slice : allCells.filter(({ name }) => wanted === 'all' || name.includes(wanted))
const shown = cells.map((cell) => ({ ...cell, missing: missing(cell.fault) }))

const suites = [
  { isTriedAgain: true, own: shown },
  { isTriedAgain: false, own: shown.filter(({ fault }) => fault.needsRetries) },
].filter(({ own }) => own.length > 0)

describe.each(suites)('tried again: $isTriedAgain', ({ isTriedAgain, own }) => {
  let cluster: ChaosCluster
  let expected: Answer

  beforeAll(async () => {
    const root = await mkdtemp(join(tmpdir(), 'arbalest-matrix-'))
    await mkdir(join(root, 'data'))
    const tables = await largerTpch(join(root, 'data'), dataCopies)
    const oracle = await openPlainDuckdb(tables, 2)
    expected = await oracle.answer(workQuery(undefined))
    oracle.close()
    cluster = await startChaosCluster({
      root, tables, executors: 3, executorTimeoutMs: 8_000,
      ...(isTriedAgain ? {} : { retries: noRetries }),
      ...(smallDisks === undefined ? { diskBytes: 256 * 1024 ** 2 } : {}),
      environment: { NODE_OPTIONS: `--require ${fileURLToPath(new URL('jumping-clock.cjs', import.meta.url))}` },
    })
  })

  afterAll(() => cluster?.close())

  // What one cell has left fails that cell alone.
  afterEach(async () => {
    await rm(cluster.outputDir, { recursive: true })
    await mkdir(cluster.outputDir)
  })

  for (const { name, missing: reason, ...cell } of own) {
    test.skipIf(reason !== undefined)(`${name}${reason === undefined ? '' : ` (${reason})`}`, async ({ annotate }) => {
      const tries = await runCell(cluster, cell satisfies Cell, expected, isTriedAgain)
      if (tries > 1) await annotate(`felt by statement ${tries}`)
    }, 180_000)
  }
})
