import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { limits } from '@arbalest/common'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openLocalFile } from './local-file.js'

let path: string

beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'arbalest-local-')), 'file')
})
afterEach(() => rm(join(path, '..'), { recursive: true }))

describe.each([
  ['small', limits.smallFileBytesMax],
  ['large', limits.smallFileBytesMax + 1],
])('a %s file', (_what, bytes) => {
  test('is written in blocks, anew, for its owner only', async () => {
    await rm(path, { force: true })
    const file = await openLocalFile(path, 'w', bytes)
    await file.write(Buffer.from('hello '), 0)
    await file.write(Buffer.from('world'), 6)
    await file.close()
    expect(await readFile(path, 'utf8')).toBe('hello world')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await (await openLocalFile(path, 'w', bytes)).close()
    expect((await stat(path)).size).toBe(0)
  })

  test('is read from anywhere, up to its end', async () => {
    await writeFile(path, 'hello')
    const file = await openLocalFile(path, 'r', bytes)
    const block = Buffer.alloc(10)
    expect(await file.read(block, 3, 1)).toBe(3)
    expect(block.toString('latin1', 0, 3)).toBe('ell')
    expect(await file.read(block, 10, 3)).toBe(2)
    expect(await file.read(block, 10, 5)).toBe(0)
    await file.close()
  })

  test('that is not there cannot be read', async () => {
    await expect(openLocalFile(path, 'r', bytes)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test.runIf(existsSync('/dev/full'))('does not fit on a full disk', async () => {
    const file = await openLocalFile('/dev/full', 'w', bytes)
    const writing = async (): Promise<void> => file.write(Buffer.from('x'), 0)
    await expect(writing()).rejects.toMatchObject({ code: 'ENOSPC' })
    await file.close()
  })
})
