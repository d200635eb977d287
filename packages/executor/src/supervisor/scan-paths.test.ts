import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttemptInput } from '@arbalest/plan'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkScanPaths, resolveDataDirs, type ScanRules } from './scan-paths.js'

let root: string
let rules: ScanRules
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'arbalest-scan-')))
  for (const name of ['data', 'data/own', 'database']) await mkdir(join(root, name))
  for (const name of ['data/t.parquet', 'data/own/t.parquet', 'database/t.parquet']) {
    await writeFile(join(root, name), '')
  }
  await symlink(join(root, 'database/t.parquet'), join(root, 'data/out.parquet'))
  await symlink(join(root, 'data/t.parquet'), join(root, 'database/in.parquet'))
  await symlink(join(root, 'data'), join(root, 'link'))
  const dataDirs = await resolveDataDirs([join(root, 'link')])
  rules = { dataDirs, shuffleDirs: [join(root, 'data', 'own')] }
})
afterEach(() => rm(root, { recursive: true }))

test.each(['data/t.parquet', 'link/t.parquet', 'database/in.parquet', 'data/gone.parquet'])(
  '%s may be read: it lies in a data directory, links followed',
  async (name) => {
    await checkScanPaths(scan(name), rules)
  },
)

test.each([
  'database/t.parquet', 'data/out.parquet', 'data/own/t.parquet', 'data/../database/t.parquet',
  'database/gone.parquet', 'data/t.parquet/x',
])('%s may not be read', async (name) => {
  const path = join(root, name)
  await expect(checkScanPaths(scan('data/t.parquet', name), rules)).rejects.toMatchObject({
    code: 'PATH_NOT_ALLOWED',
    fields: { path },
  })
})

test('without data directories everything may be read but other jobs’ rows', async () => {
  const open = { ...rules, dataDirs: undefined }
  await checkScanPaths(scan('database/t.parquet'), open)
  await expect(checkScanPaths(scan('data/own/t.parquet'), open)).rejects.toMatchObject({
    code: 'PATH_NOT_ALLOWED',
  })
})

test('a data directory that is not there is a wrong option', async () => {
  await expect(resolveDataDirs([join(root, 'none')])).rejects.toMatchObject({ code: 'INVALID_OPTION' })
})

const scan = (...names: readonly string[]): readonly AttemptInput[] => [
  {
    kind: 'files',
    name: 'input_0',
    reader: { format: 'parquet', options: {}, partitionColumns: [] },
    columns: [],
    splits: names.map((name) => ({
      file: { path: join(root, name), sizeBytes: 0, mtimeNs: '0', footerHash: '' },
    })),
  },
]
