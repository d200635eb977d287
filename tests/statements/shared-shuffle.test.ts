/** Shuffle files in a directory that all executors share. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JobId } from '@arbalest/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

const rows = 100_000
let shuffleDir: string
let lab: StatementLab
beforeAll(async () => {
  shuffleDir = await mkdtemp(join(tmpdir(), 'arbalest-shared-'))
  lab = await startStatementLab({ executors: 3, shuffleDir, dataDirs: [tmpdir()] })
  await lab.copy(
    `SELECT (i * 7919) % ${rows} AS k, 'text ' || hash(i) AS s FROM range(${rows}) r(i)`, 'facts.parquet',
    '(ROW_GROUP_SIZE 20480)')
  await lab.session.registerParquet('facts', join(lab.directory, 'facts.parquet'))
})
afterAll(async () => {
  await lab?.close()
  await rm(shuffleDir, { recursive: true, force: true })
})

test.each([undefined, 7, 1000])('answers are right with %s partitions, and nothing stays', async (partitions) => {
  if (partitions !== undefined) await lab.run(`SET arbalest.target_partitions = ${partitions}`)
  expect(await lab.stagesOf('SELECT count(*), max(s) FROM (SELECT k, max(s) AS s FROM facts GROUP BY k)'))
    .toBeGreaterThan(1)
  const { jobId } = await lab.run('SELECT k, count(*) FROM facts GROUP BY k')
  const { stages } = await lab.cluster.service.details(jobId as JobId)
  const divided = stages.find(({ spec }) => spec.output.kind === 'hash')!
  expect(divided.attempts.map(({ report }) => report!.store)).toEqual(Array(3).fill(expect.stringMatching(/^\w{32}$/)))
  await expect.poll(() => readdir(shuffleDir)).toEqual(['shuffle-store.id'])
})
