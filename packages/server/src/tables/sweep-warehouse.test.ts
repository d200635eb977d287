import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { limits, type Clock } from '@arbalest/common'
import type { JobStatus } from '@arbalest/protocol'
import type { ManagedFile } from './managed-table.js'
import { entryOf } from './table-entry.js'
import { createSweeper } from './sweep-warehouse.js'
import { createWarehouse } from './warehouse.js'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-sweep-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

test('files that nobody names go in time, and never below a job that may read them', async () => {
  const warehouse = createWarehouse(root)
  await mkdir(warehouse.directoryOf('t1'))
  const [kept, past] = ['kept', 'past'].map((name) => join(warehouse.directoryOf('t1'), `${name}.parquet`))
  await writeFile(kept!, 'x')
  await writeFile(past!, 'x')
  let nowMs = 1_000
  const clock: Clock = { nowMs: () => nowMs, after: () => () => undefined }
  let jobs: readonly JobStatus[] = []
  const table = entryOf({ schema: 'main', name: 't' }, {
    tableId: 't1', revision: 2, schemaRevision: 1, columns: [], checks: [], files: [fileAt(kept!)],
  })
  const scheduler = { jobs: () => Promise.resolve(jobs) }
  const sweeper = createSweeper({ warehouse, catalog: { list: () => [table] }, scheduler, clock })
  const names = async () => (await readdir(warehouse.directoryOf('t1'))).sort()

  await sweeper.sweep()
  expect(await names()).toEqual(['kept.parquet', 'past.parquet'])
  nowMs += limits.tableFilesKeptMs
  jobs = [{ jobId: 'j', state: 'running', submittedMs: 500 } as unknown as JobStatus]
  await sweeper.sweep()
  expect(await names()).toEqual(['kept.parquet', 'past.parquet'])
  jobs = []
  await sweeper.sweep()
  expect(await names()).toEqual(['kept.parquet'])
})

const fileAt = (path: string): ManagedFile => ({
  path, sizeBytes: 1, mtimeNs: '0', footerHash: '', rows: 1, rowGroupRows: [1], statistics: {},
})
