/**
 * Every type through every way a value may take: hash exchange as key and as payload, broadcast, a whole
 * query, a result as text and as values. What comes out must be what one plain DuckDB gives.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionContext } from '@arbalest/client'
import type { JobId } from '@arbalest/common'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerDifference, type Answer } from '../../bench/oracle/compare-answers.js'
import { answerOf } from '../../bench/oracle/plain-duckdb.js'
import { typeSamples } from '../../packages/plan/src/testing/type-samples.js'
import { startTestCluster, type TestCluster } from '../testing/test-cluster.js'
import { makeSampleTable } from './sample-tables.js'
import { valueDifference } from './value-difference.js'

let cluster: TestCluster
let instance: DuckDBInstance
let oracle: DuckDBConnection
let directory: string
/** Five executors write a file for each partition, two mark their rows. */
let largeCluster: TestCluster
let hashed: SessionContext
let marked: SessionContext
let broadcast: SessionContext
let whole: SessionContext

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'arbalest-types-'))
  cluster = await startTestCluster({ executors: 2 })
  largeCluster = await startTestCluster({ executors: 5 })
  const dividing = {
    'arbalest.distribute': 'always',
    'arbalest.broadcast_threshold_bytes': 0,
    // The samples are few: their exchanges would be left out.
    'arbalest.adaptive.finish_locally': 'false',
  }
  marked = await cluster.session(dividing)
  hashed = await largeCluster.session(dividing)
  broadcast = await cluster.session({ 'arbalest.distribute': 'always' })
  whole = await cluster.session({ 'arbalest.distribute': 'never' })
  instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  oracle = await instance.connect()
  await oracle.run("SET TimeZone = 'UTC'")
})

afterAll(async () => {
  await cluster?.close()
  await largeCluster?.close()
  oracle?.closeSync()
  instance?.closeSync()
  await rm(directory, { recursive: true, force: true })
})

const tables = typeSamples.map((sample, at) => ({ type: sample.type, sample, name: `sample_${at}` }))

describe.each(tables)('$type', ({ sample, name }) => {
  const join = `SELECT a.id, a.v, b.v AS w FROM ${name} a JOIN ${name} b ON a.id = b.id`
  const byKey = `SELECT a.id, a.v, b.middle FROM ${name} a
    JOIN (SELECT v, median(id) AS middle FROM ${name} GROUP BY v) b ON a.v = b.v`

  beforeAll(() => makeSampleTable({ name, sample }, { oracle, sessions: [marked, hashed], directory }))
  // A key that is always NULL matches nothing: no row travels, and the join is folded away.
  const keyReads = sample.type === '"NULL"' ? 'nothing' : 'partition'

  test('crosses a hash exchange beside the key', async () => {
    expect(await difference(hashed, join, largeCluster)).toEqual({ difference: undefined, reads: 'partition' })
    expect(await difference(marked, join)).toEqual({ difference: undefined, reads: 'partition' })
  })
  test('crosses a hash exchange as the key', async () => {
    expect(await difference(hashed, byKey, largeCluster)).toEqual({ difference: undefined, reads: keyReads })
    expect(await difference(marked, byKey)).toEqual({ difference: undefined, reads: keyReads })
  })
  test('crosses a broadcast', async () => {
    expect(await difference(broadcast, join)).toEqual({ difference: undefined, reads: 'all' })
  })
  test('runs in a whole query', async () => {
    expect(await difference(whole, join)).toEqual({ difference: undefined, reads: 'nothing' })
  })
  test('arrives as values', async () => {
    const query = `SELECT id, v FROM ${name}`
    const rows = await (await hashed.sql(query)).collect()
    const expected = await oracle.runAndReadAll(`${query} ORDER BY id`)
    expect(rows.map(({ id }) => id)).toEqual(expected.getRows().map(([id]) => id))
    const wrong = expected.getRows().flatMap(([, v = null], at) =>
      valueDifference(rows[at]?.['v'] ?? null, v) ?? [])
    expect(wrong.slice(0, 3)).toEqual([])
  })
})

/** How the answer of a query differs, and what its stages read of each other. */
async function difference(session: SessionContext, sql: string, on = cluster) {
  const answer = await (await session.sql(sql)).collectText()
  const expected: Answer = await answerOf(oracle, sql)
  const { stages } = await on.service.details(answer.jobId as JobId)
  const inputs = stages.flatMap(({ spec }) => spec.inputs)
  const modes = inputs.flatMap((input) => (input.kind === 'shuffle' ? [input.mode] : []))
  return { difference: answerDifference(answer, expected, false), reads: modes[0] ?? 'nothing' }
}
