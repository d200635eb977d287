/** Exchanges with more partitions than a task may have files: sorted files of which readers fetch parts. */
import { join } from 'node:path'
import type { JobId } from '@arbalest/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

const rows = 300_000
let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab({ executors: 3 })
  await lab.copy(
    `SELECT (i * 7919) % ${rows} AS k, hash(i) AS a, 'text ' || (i % 1000) AS s, i AS n FROM range(${rows}) r(i)`,
    'facts.parquet', '(ROW_GROUP_SIZE 20480)')
  await lab.copy(`SELECT i * 3 AS k, i % 17 AS d FROM range(${rows}) r(i)`, 'other.parquet', '(ROW_GROUP_SIZE 20480)')
  // One key has half of all rows.
  await lab.copy(`SELECT CASE WHEN i % 2 = 0 THEN 7 ELSE i END AS k, i AS n FROM range(${rows}) r(i)`,
    'skewed.parquet', '(ROW_GROUP_SIZE 20480)')
  for (const name of ['facts', 'other', 'skewed']) {
    await lab.session.registerParquet(name, join(lab.directory, `${name}.parquet`))
  }
  await lab.run('SET arbalest.target_partitions = 1000')
  await lab.run('SET arbalest.broadcast_threshold_bytes = 0')
})
afterAll(() => lab?.close())

test('a task leaves two files at most, and others read parts of them', async () => {
  const { rows: answer, jobId } = await lab.run(
    'SELECT count(*), sum(n), max(s) FROM (SELECT k, max(s) AS s, sum(n) AS n FROM facts GROUP BY k) WHERE n >= 0')
  expect(answer).toEqual([[String(rows), String((BigInt(rows) * BigInt(rows - 1)) / 2n), 'text 999']])
  const { stages } = await lab.cluster.service.details(jobId as JobId)
  const divided = stages.find(({ spec }) => spec.output.kind === 'hash')!
  expect(divided.spec.output).toEqual({ kind: 'hash', partitions: 1000, isMarked: true, isSorted: true })
  const files = divided.attempts.map(({ report }) => report!.files)
  expect(files.map(({ length }) => length)).toEqual([2, 2, 2])
  const written = files.flat().reduce((sum, { bytes }) => sum + bytes, 0)
  const fetched = stages.flatMap(({ attempts }) => attempts)
    .reduce((sum, { report }) => sum + report!.metrics.fetchedBytes, 0)
  // Each of three readers takes a third of the two files of others, and what lies across its borders.
  expect(fetched).toBeGreaterThan(0)
  expect(fetched).toBeLessThan(written)
})

test.each([
  'SELECT d, count(*), sum(n), count(DISTINCT s) FROM facts JOIN other USING (k) GROUP BY d',
  'SELECT d, count(*), sum(n) FROM facts LEFT JOIN other USING (k) GROUP BY d',
  'SELECT count(*) FROM skewed JOIN other USING (k) WHERE n % 3 < 2',
  'SELECT k, count(*), sum(n) FROM skewed GROUP BY k ORDER BY 2 DESC, 1 LIMIT 20',
  'SELECT count(*) FROM (SELECT DISTINCT s, k % 7 FROM facts)',
  'SELECT sum(r) FROM (SELECT row_number() OVER (PARTITION BY s ORDER BY n) AS r FROM facts)',
  'SELECT count(*), sum(k) FROM (SELECT k FROM facts EXCEPT SELECT k FROM other)',
  'SELECT k, n FROM facts WHERE n < 250000 ORDER BY a LIMIT 50 OFFSET 100000',
])('answers are right: %s', async (sql) => {
  expect(await lab.stagesOf(sql)).toBeGreaterThan(1)
})
