/** Random queries on a cluster with three executors, over tables that are large enough to be divided. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseDataType, quoteLiteral, typeToSql } from '@arbalest/common'
import type { SessionContext } from '@arbalest/client'
import { answerDifference } from '../../bench/oracle/compare-answers.js'
import { startTestCluster, type TestCluster } from '../testing/test-cluster.js'
import { unfoldDatabase, type UnfoldDatabase } from '../unfold/unfold-database.js'
import { seededChoices } from './random-choices.js'
import { randomQuery } from './random-query.js'
import { randomTables } from './random-tables.js'
import { writeRandomTable } from './write-random-table.js'

const count = 30
const answerRowsMax = 20_000
const tables = randomTables(seededChoices(1), 30)
let oracle: UnfoldDatabase
let cluster: TestCluster
let session: SessionContext

beforeAll(async () => {
  oracle = await unfoldDatabase()
  for (const table of tables) await writeRandomTable(oracle, table)
  cluster = await startTestCluster({ executors: 3 })
  session = await cluster.session({ 'arbalest.distribute': 'always' })
  for (const { name, columns } of tables) {
    const list = columns.map((column) => `${column.name} ${column.type}`).join(', ')
    const location = quoteLiteral(join(oracle.directory, name))
    await session.sql(`CREATE EXTERNAL TABLE ${name} (${list}) STORED AS PARQUET LOCATION ${location}`)
  }
})
afterAll(async () => {
  await cluster.close()
  await oracle.close()
})

test('they give the answers of DuckDB', async () => {
  const differences: string[] = []
  let distributed = 0
  for (let seed = 1; seed <= count; seed++) {
    const { sql, ordered } = randomQuery(seededChoices(seed), tables)
    const right = await oracle.answer(sql).catch(String)
    if (typeof right !== 'string' && right.rows.length > answerRowsMax) continue
    const ours = await session.sql(sql).then((frame) => frame.collectText()).catch(String)
    if (typeof ours !== 'string' && ours.mode === 'distributed') distributed++
    const difference = typeof ours === 'string' || typeof right === 'string'
      ? typeof ours === typeof right ? undefined : `one fails: ${String(ours)} ${String(right)}`
      : answerDifference({ columns: ours.columns.map(spelledAlike), rows: ours.rows }, right, ordered)
    if (difference !== undefined) differences.push(`seed ${seed}: ${difference}\n${sql}`)
  }
  expect(differences).toEqual([])
  expect(distributed).toBeGreaterThan(count / 3)
}, 300_000)

/** Names of fields may stand in quotes or without. */
const spelledAlike = ({ name, type }: { readonly name: string; readonly type: string }) =>
  ({ name, type: typeToSql(parseDataType(type)) })
