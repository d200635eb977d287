import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { limits, queryError } from '@arbalest/common'
import { encodeSegments, type AttemptReport, type ShufflePiece } from '@arbalest/plan'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { idOf, jobA, jobB, piecesOf, shuffleInput, specOf } from '../testing/builders.js'
import { TestCluster, type Member } from '../testing/test-cluster.js'
import { deferred } from './deferred.js'
import { systemClock } from './system-clock.js'

let cluster: TestCluster
beforeEach(() => {
  cluster = new TestCluster()
})
afterEach(() => cluster.close())

describe('a shuffle', () => {
  test('is read where it lies on the same executor', async () => {
    const one = await cluster.add()
    const pieces = await produce(one, 'rows')
    expect(await consume(one, pieces)).toEqual({ text: 'rows', fetchedBytes: 0 })
    expect(one.engine.ran.at(-1)!.inputs).toMatchObject([
      { paths: [join(one.workDir, 'jobs', jobA, '1', '0-1', 'data.parquet')] },
    ])
  })

  test('is fetched from another executor, partition by partition', async () => {
    const [one, two] = [await cluster.add(), await cluster.add()]
    one.engine.behaviours.set('split', () => Promise.resolve(['even', 'odd']))
    const pieces = await produce(one, 'split', { output: { kind: 'hash', partitions: 2, isMarked: false } })
    expect(await consume(two, pieces.slice(1))).toEqual({ text: 'odd', fetchedBytes: 3 })
  })

  test('of many partitions is fetched in part, by its index', async () => {
    const [one, two] = [await cluster.add(), await cluster.add()]
    const text = 'aaaabbbbccccF'
    const groups = ['aaaa', 'bbbb', 'cccc'].map((group, first) =>
      ({ bytes: 4, crc32: crc32(group), partitions: { first, last: first + 1 } }))
    const index = encodeSegments([...groups, { bytes: 1, crc32: crc32('F') }])
    one.engine.behaviours.set('sort', () => Promise.resolve([text, index]))
    const output = { kind: 'hash', partitions: 200, isMarked: true, isSorted: true } as const
    const [file, behind] = await produce(one, 'sort', { output })
    const pieces = [{ ...file!, index: { bytes: behind!.bytes, crc32: behind!.crc32! } }]
    const read = async (only: readonly number[], task: number) => {
      const spec = specOf(idOf(jobA, 2, task), 'concat', { inputs: [{ ...shuffleInput(pieces), only }] })
      const { report } = await two.run(spec) as { readonly report: AttemptReport }
      return [Buffer.from(report.inline!, 'base64').toString(), report.metrics.fetchedBytes]
    }
    expect(await read([3], 0)).toEqual(['\0\0\0\0\0\0\0\0ccccF', 5])
    expect(await read([1], 1)).toEqual(['aaaabbbb\0\0\0\0F', 9])
    expect(await read([1], 2)).toEqual(['aaaabbbb\0\0\0\0F', 0])
    const lies = [{ ...pieces[0]!, bytes: text.length + 1 }]
    const spec = specOf(idOf(jobA, 2, 3), 'concat', { inputs: [{ ...shuffleInput(lies), only: [2] }] })
    expect(await two.run(spec)).toMatchObject({ kind: 'failed', error: { code: 'SHUFFLE_FETCH_FAILED' } })
    expect((await two.files()).filter((name) => name.endsWith('.index'))).toEqual([])
  })

  test('is fetched once for all attempts of an executor that read it', async () => {
    const [one, two] = [await cluster.add(), await cluster.add()]
    const pieces = await produce(one, 'broadcast')
    const reads = await Promise.all([0, 1, 2, 3].map((task) => consume(two, pieces, task)))
    expect(reads.map(({ text }) => text)).toEqual(Array(4).fill('broadcast'))
    expect(reads.reduce((sum, { fetchedBytes }) => sum + fetchedBytes, 0)).toBe(9)
  })

  test('that comes inline outlives its executor', async () => {
    const [one, two] = [await cluster.add(), await cluster.add()]
    const pieces = (await produce(one, 'rows')).map((piece) => ({ ...piece, inline: 'cm93cw==' }))
    await one.executor.close()
    expect(await consume(two, pieces)).toEqual({ text: 'rows', fetchedBytes: 0 })
  })

  test('whose executor is gone is lost, all of it at once', async () => {
    const [one, two] = [await cluster.add(), await cluster.add()]
    const pieces = [...(await produce(one, 'a')), ...(await produce(one, 'b', {}, 1))]
    await one.executor.close()
    const ended = await two.run(specOf(idOf(jobA, 2), 'concat', { inputs: [shuffleInput(pieces)] }))
    expect(ended).toMatchObject({
      kind: 'failed',
      error: { code: 'SHUFFLE_FETCH_FAILED', fields: { executorId: one.executor.id, stageId: 1 } },
    })
    expect(lostInputs(ended)).toEqual([idOf(jobA, 1, 0), idOf(jobA, 1, 1)])
    expect(await two.files()).toEqual([])
  })

  test('that its own executor does not hold is lost', async () => {
    const one = await cluster.add()
    const pieces = await produce(one, 'rows')
    const gone = pieces.map((piece) => ({ ...piece, attemptId: idOf(jobA, 1, 7) }))
    const ended = await one.run(specOf(idOf(jobA, 2), 'concat', { inputs: [shuffleInput(gone)] }))
    expect(lostInputs(ended)).toEqual([idOf(jobA, 1, 7)])
  })

  test('that lies about its content is refused', async () => {
    const [one, two] = [await cluster.add(), await cluster.add()]
    const pieces = (await produce(one, 'rows')).map((piece) => ({ ...piece, crc32: 1 }))
    const ended = await two.run(specOf(idOf(jobA, 2), 'concat', { inputs: [shuffleInput(pieces)] }))
    expect(ended).toMatchObject({ kind: 'failed', error: { code: 'SHUFFLE_FETCH_FAILED' } })
    expect(await two.files()).toEqual([])
  })

  test('is refused to an attempt of another job', async () => {
    const [one, two] = [await cluster.add(), await cluster.add()]
    const pieces = await produce(one, 'rows')
    const spec = specOf(idOf(jobB, 2), 'concat', { inputs: [shuffleInput(pieces)] })
    expect(await one.run(spec)).toMatchObject({ kind: 'failed', error: { code: 'PERMISSION_DENIED' } })
    expect(await two.run(spec)).toMatchObject({ kind: 'failed', error: { code: 'PERMISSION_DENIED' } })
  })
})

test('under a quota what was fetched and is read no more gives way, outputs do not', async () => {
  const [one, two] = [await cluster.add(), await cluster.add({ workDirBytesMax: 60 })]
  const outputs = [0, 1, 2].map((task) => produce(one, `20 bytes, number ${task}.. `.slice(0, 20), {}, task))
  const [first, second, third] = await Promise.all(outputs)
  expect(await consume(two, first!, 0)).toMatchObject({ fetchedBytes: 20 })
  expect(await two.files()).toHaveLength(2)
  expect(await consume(two, second!, 1)).toMatchObject({ fetchedBytes: 20 })
  expect(await two.files()).toHaveLength(3)
  const ended = await two.run(specOf(idOf(jobA, 9, 2), 'concat', { inputs: [shuffleInput(third!)] }))
  expect(ended).toMatchObject({ kind: 'failed', error: { code: 'DISK_FULL' } })
  expect((await two.files()).filter((name) => name === 'data.parquet')).toHaveLength(2)
})

describe('a shared shuffle directory', () => {
  const output = { kind: 'hash', partitions: 2, isMarked: false } as const
  const split = (member: Member): void =>
    void member.engine.behaviours.set('split', () => Promise.resolve(['even', 'odd']))

  test('has outputs that outlive their executor, until their job is forgotten', async () => {
    const shuffleDir = await cluster.directory()
    const [one, two] = [await cluster.add({ shuffleDir }), await cluster.add({ shuffleDir })]
    split(one)
    const pieces = await produce(one, 'split', { output })
    expect(pieces[0]!.store).toMatch(/^[a-z0-9]{32}$/)
    expect(await one.files()).toEqual([])
    await one.executor.close()
    expect(await consume(two, pieces)).toEqual({ text: 'evenodd', fetchedBytes: 0 })
    expect(two.engine.ran.at(-1)!.inputs).toMatchObject([
      { paths: ['0', '1'].map((name) => join(shuffleDir, jobA, '1', '0-1', name)) },
    ])
    two.scheduler.send({ kind: 'forget-job', jobId: jobA })
    await expect.poll(() => readdir(shuffleDir)).toEqual(['shuffle-store.id'])
  })

  test('is no matter to an executor that has another one, or none: it fetches', async () => {
    const one = await cluster.add({ shuffleDir: await cluster.directory() })
    const others = [await cluster.add(), await cluster.add({ shuffleDir: await cluster.directory() })]
    split(one)
    const pieces = await produce(one, 'split', { output })
    for (const other of others) expect(await consume(other, pieces)).toEqual({ text: 'evenodd', fetchedBytes: 7 })
    await one.executor.close()
    const spec = specOf(idOf(jobA, 3), 'concat', { inputs: [shuffleInput(pieces)] })
    const [fresh] = [await cluster.add()]
    expect(await fresh.run(spec)).toMatchObject({ kind: 'failed', error: { code: 'SHUFFLE_FETCH_FAILED' } })
  })

  test('from which a file is gone is asked for no more: its executor is', async () => {
    const shuffleDir = await cluster.directory()
    const [one, two] = [await cluster.add({ shuffleDir }), await cluster.add({ shuffleDir })]
    split(one)
    const pieces = await produce(one, 'split', { output })
    await rm(join(shuffleDir, jobA, '1', '0-1', '1'))
    const ended = await two.run(specOf(idOf(jobA, 2), 'concat', { inputs: [shuffleInput(pieces)] }))
    expect(lostInputs(ended)).toEqual([idOf(jobA, 1, 0)])
  })

  test('loses what a failed attempt wrote, and what nobody knows after a day', async () => {
    const shuffleDir = await cluster.directory()
    await mkdir(join(shuffleDir, jobB, '1'), { recursive: true })
    const old = new Date(Date.now() - 2 * limits.sharedShuffleKeptMs)
    for (const path of [join(jobB, '1'), jobB]) await utimes(join(shuffleDir, path), old, old)
    await mkdir(join(shuffleDir, 'of-another-executor'))
    const one = await cluster.add({ shuffleDir, clock: systemClock })
    one.engine.behaviours.set('fail', () => Promise.reject(queryError('EXECUTION_ERROR', { reason: 'x' })))
    expect(await one.run(specOf(idOf(jobA, 1), 'fail'))).toMatchObject({ kind: 'failed' })
    expect(await readdir(join(shuffleDir, jobA, '1'))).toEqual([])
    await expect.poll(() => readdir(shuffleDir)).toEqual(
      expect.not.arrayContaining([jobB]) as readonly string[])
    expect(await readdir(shuffleDir)).toContain('of-another-executor')
  })

  test('may not be scanned', async () => {
    const shuffleDir = await cluster.directory()
    const one = await cluster.add({ shuffleDir, dataDirs: [tmpdir()] })
    const file = { path: join(shuffleDir, 'shuffle-store.id'), sizeBytes: 1, mtimeNs: '1', footerHash: '' }
    const reader = { format: 'csv', options: {}, partitionColumns: [] } as const
    const input = { kind: 'files', name: 'input_0', reader, columns: [], splits: [{ file }] } as const
    const ended = await one.run(specOf(idOf(jobA, 1), 'x', { inputs: [input] }))
    expect(ended).toMatchObject({ kind: 'failed', error: { code: 'PATH_NOT_ALLOWED' } })
  })
})

describe('an attempt', () => {
  test('passes on what the engine needs, and reports a small output inline', async () => {
    const one = await cluster.add()
    const spec = specOf(idOf(jobA, 1), 'rows', { slice: [3, 4], settings: { TimeZone: 'UTC' } })
    const ended = await one.run(spec)
    expect(ended).toMatchObject({ kind: 'succeeded', report: { rows: 1, bytes: 4, inline: 'cm93cw==' } })
    expect(one.engine.ran[0]).toMatchObject({ slice: [3, 4], settings: { TimeZone: 'UTC' } })
    expect(one.scheduler.updates[0]).toMatchObject({ kind: 'running', attemptId: spec.attemptId })
  })

  test('reports a big output and a partitioned one without their bytes', async () => {
    const one = await cluster.add()
    one.engine.behaviours.set('big', () => Promise.resolve(['x'.repeat(300_000)]))
    const big = await one.run(specOf(idOf(jobA, 1), 'big'))
    const output = { kind: 'hash', partitions: 1, isMarked: false } as const
    const hashed = await one.run(specOf(idOf(jobA, 2), 'x', { output }))
    for (const ended of [big, hashed]) {
      expect(ended.kind).toBe('succeeded')
      expect(ended).not.toHaveProperty('report.inline')
    }
  })

  test('that fails keeps its error and leaves no file', async () => {
    const one = await cluster.add()
    one.engine.behaviours.set('fail', async ({ directory }) => {
      await writeFile(join(directory, 'partial'), 'x')
      throw queryError('EXECUTION_ERROR', { reason: 'division by zero' })
    })
    const ended = await one.run(specOf(idOf(jobA, 1), 'fail'))
    expect(ended).toMatchObject({ kind: 'failed', error: { code: 'EXECUTION_ERROR' }, lostInputs: [] })
    expect(await one.files()).toEqual([])
  })

  test('that is cancelled while it runs leaves nothing behind', async () => {
    const one = await cluster.add()
    const begun = deferred<void>()
    one.engine.behaviours.set('long', async ({ directory }) => {
      await writeFile(join(directory, 'partial'), 'x')
      begun.resolve()
      return new Promise(() => undefined)
    })
    const ended = one.run(specOf(idOf(jobA, 1), 'long'))
    await begun.promise
    one.scheduler.send({ kind: 'cancel', attemptIds: [idOf(jobA, 1)] })
    expect(await ended).toEqual({ kind: 'cancelled', attemptId: idOf(jobA, 1) })
    expect(await one.files()).toEqual([])
  })

  test('that is cancelled while it fetches leaves nothing behind', async () => {
    const [one, two] = [await cluster.add(), await cluster.add({ fetch: { backoffMs: 600_000 } })]
    const pieces = (await produce(one, 'rows')).map((piece) => ({ ...piece, crc32: 1 }))
    const id = idOf(jobA, 2)
    const ended = two.run(specOf(id, 'concat', { inputs: [shuffleInput(pieces)] }))
    await two.scheduler.until(({ updates }) => updates.find(({ attemptId }) => attemptId === id))
    two.scheduler.send({ kind: 'cancel', attemptIds: [id] })
    expect(await ended).toEqual({ kind: 'cancelled', attemptId: id })
    expect(await two.files()).toEqual([])
    expect(two.engine.ran).toEqual([])
  })

  test('may not read outside the data directories', async () => {
    const dataDir = await cluster.directory()
    const one = await cluster.add({ dataDirs: [dataDir] })
    const file = { path: '/etc/passwd', sizeBytes: 1, mtimeNs: '1', footerHash: '' }
    const reader = { format: 'csv', options: {}, partitionColumns: [] } as const
    const input = { kind: 'files', name: 'input_0', reader, columns: [], splits: [{ file }] } as const
    const ended = await one.run(specOf(idOf(jobA, 1), 'x', { inputs: [input] }))
    expect(ended).toMatchObject({
      kind: 'failed',
      error: { code: 'PATH_NOT_ALLOWED', fields: { path: '/etc/passwd' } },
    })
    expect(one.engine.ran).toEqual([])
  })
})

test('an engine crash fails what runs; outputs stay served and the next attempt runs', async () => {
  const [one, two] = [await cluster.add(), await cluster.add()]
  const pieces = await produce(one, 'rows')
  const begun = deferred<void>()
  one.engine.behaviours.set('long', () => {
    begun.resolve()
    return new Promise(() => undefined)
  })
  const ended = one.run(specOf(idOf(jobA, 2), 'long'))
  await begun.promise
  one.engine.crash('signal SIGKILL')
  expect(await ended).toMatchObject({ kind: 'failed', error: { code: 'ENGINE_CRASHED' } })
  expect(await consume(two, pieces)).toMatchObject({ text: 'rows' })
  expect(await consume(one, pieces, 1)).toMatchObject({ text: 'rows' })
})

test('a forgotten job leaves neither files nor a way to ask for them', async () => {
  const [one, two] = [await cluster.add(), await cluster.add()]
  const pieces = await produce(one, 'rows')
  await consume(two, pieces)
  for (const { scheduler } of [one, two]) scheduler.send({ kind: 'forget-job', jobId: jobA })
  // A job that is launched afterwards waits behind the removal on disk.
  await Promise.all([one, two].map((member) => member.run(specOf(idOf(jobB, 1), 'x'))))
  await expect.poll(() => one.files()).toEqual(['data.parquet'])
  await expect.poll(() => two.files()).toEqual(['data.parquet'])
  expect(await statusOf(one, `/shuffle/${idOf(jobA, 1)}/0`)).toBe(404)
  expect(await statusOf(one, `/shuffle/${idOf(jobB, 1)}/0`)).toBe(200)
})

test('inspections are answered by the engine, errors with their codes', async () => {
  const { engine, scheduler } = await cluster.add()
  engine.inspectReplies = [{ kind: 'unchanged' }]
  scheduler.send({ kind: 'inspect', callId: 7, requests: [] })
  const found = await scheduler.until(({ heard }) => heard.find(({ kind }) => kind === 'inspected'))
  expect(found).toEqual({ kind: 'inspected', callId: 7, replies: [{ kind: 'unchanged' }] })
  engine.inspectReplies = queryError('FILE_NOT_FOUND', { path: '/none' })
  scheduler.send({ kind: 'inspect', callId: 8, requests: [] })
  const failed = await scheduler.until(({ heard }) => heard.find(({ kind }) => kind === 'inspect-failed'))
  expect(failed).toMatchObject({ callId: 8, error: { code: 'FILE_NOT_FOUND', fields: { path: '/none' } } })
})

async function produce(
  member: Member,
  sql: string,
  more: Parameters<typeof specOf>[2] = {},
  task = 0,
): Promise<readonly ShufflePiece[]> {
  const ended = await member.run(specOf(idOf(jobA, 1, task), sql, more))
  if (ended.kind !== 'succeeded') throw new Error(JSON.stringify(ended))
  return piecesOf(member.executor, ended.attemptId, ended.report)
}

async function consume(
  member: Member,
  pieces: readonly ShufflePiece[],
  task = 0,
): Promise<{ readonly text: string; readonly fetchedBytes: number }> {
  const id = idOf(jobA, 9, task)
  const ended = await member.run(specOf(id, 'concat', { inputs: [shuffleInput(pieces)] }))
  if (ended.kind !== 'succeeded') throw new Error(JSON.stringify(ended))
  const text = Buffer.from(ended.report.inline!, 'base64').toString()
  return { text, fetchedBytes: ended.report.metrics.fetchedBytes }
}

const lostInputs = (ended: object): readonly string[] =>
  'lostInputs' in ended ? [...(ended.lostInputs as string[])].sort() : []

function statusOf({ executor }: Member, path: string): Promise<number> {
  const headers = { authorization: 'Bearer token' }
  return new Promise((resolve, reject) => {
    request({ ...executor.address, path, headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}
