import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { publishFiles, removeFiles } from './publish-files.js'

let root: string

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'arbalest-publish-')))
  await mkdir(join(root, 'from'))
  await writeFile(join(root, 'from', 'a'), 'one')
  await writeFile(join(root, 'from', 'b'), 'two')
})
afterEach(() => rm(root, { recursive: true, force: true }))

const files = (...names: readonly string[]) =>
  names.map((name, at) => ({ from: join(root, 'from', 'ab'[at] ?? ''), name }))

test('files move to their directories, which are made', async () => {
  const directory = join(root, 'to', 'deep')
  const paths = await publishFiles({ files: files('x', 'k=1/y'), directory, writeDirs: [root] })
  expect(paths).toEqual([join(directory, 'x'), join(directory, 'k=1/y')])
  expect(await readFile(join(directory, 'k=1/y'), 'utf8')).toBe('two')
  expect(await readdir(join(root, 'from'))).toEqual([])
  await removeFiles([...paths, join(directory, 'never')])
  expect(await readdir(directory)).toEqual(['k=1'])
})

test('when one cannot be moved none is left', async () => {
  const directory = join(root, 'to')
  const broken = [...files('x'), { from: join(root, 'from', 'nothing'), name: 'y' }]
  await expect(publishFiles({ files: broken, directory, writeDirs: undefined })).rejects.toThrow('ENOENT')
  expect(await readdir(directory)).toEqual([])
})

test('nothing leaves the directories that may be written to, not by a link either', async () => {
  await mkdir(join(root, 'allowed'))
  await mkdir(join(root, 'elsewhere'))
  await symlink(join(root, 'elsewhere'), join(root, 'allowed', 'link'))
  for (const directory of [join(root, 'elsewhere'), join(root, 'allowed', 'link'), join(root, 'allowed', '..', 'x')]) {
    const attempt = publishFiles({ files: files('x'), directory, writeDirs: [join(root, 'allowed')] })
    await expect(attempt).rejects.toMatchObject({ code: 'PATH_NOT_ALLOWED' })
  }
  expect(await readdir(join(root, 'elsewhere'))).toEqual([])
})
