import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDiskStore } from './disk-store.js'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'arbalest-store-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const key = { kind: 'table', name: 'main.t/"x"' }

describe('records of a directory', () => {
  test('are there again in the next life', async () => {
    const store = await openDiskStore(directory)
    expect(await store.load()).toEqual([])
    expect(await store.compareAndSet(key, 0, { a: 1 })).toBe(true)
    expect(await store.compareAndSet(key, 1, { a: 2 })).toBe(true)
    expect(await store.compareAndSet({ kind: 'view', name: 'v' }, 0, 'gone')).toBe(true)
    expect(await store.compareAndSet({ kind: 'view', name: 'v' }, 1, undefined)).toBe(true)
    await store.close()
    const again = await openDiskStore(directory)
    expect(await again.load()).toEqual([{ ...key, version: 2, value: { a: 2 } }])
    expect(await again.compareAndSet(key, 2, { a: 3 })).toBe(true)
    await again.close()
  })
  test('are changed only from the version that is known', async () => {
    const store = await openDiskStore(directory)
    expect(await store.compareAndSet(key, 1, 'x')).toBe(false)
    const both = await Promise.all([store.compareAndSet(key, 0, 'a'), store.compareAndSet(key, 0, 'b')])
    expect(both).toEqual([true, false])
    expect(await store.load()).toEqual([{ ...key, version: 1, value: 'a' }])
    await store.close()
  })
  test('half written ones never were', async () => {
    const store = await openDiskStore(directory)
    await store.compareAndSet(key, 0, 'a')
    await store.close()
    const [file = ''] = await readdir(join(directory, 'table'))
    await writeFile(join(directory, 'table', `${file}.new`), '{"format":')
    const again = await openDiskStore(directory)
    expect(await again.load()).toEqual([{ ...key, version: 1, value: 'a' }])
    expect(await readdir(join(directory, 'table'))).toEqual([file])
    await again.close()
  })
  test('belong to one process', async () => {
    const store = await openDiskStore(directory)
    await expect(openDiskStore(directory)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await store.close()
    await writeFile(join(directory, 'lock'), JSON.stringify({ pid: 2 ** 22 - 1, started: '1' }))
    await (await openDiskStore(directory)).close()
  })
})
