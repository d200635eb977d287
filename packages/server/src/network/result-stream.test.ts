import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Int32, Table, Utf8, tableFromIPC, tableToIPC, vectorFromArray } from 'apache-arrow'
import { afterEach, describe, expect, test } from 'vitest'
import type { AttemptId, ExecutorId } from '@arbalest/common'
import { frameIpcMessage, ipcEndMark, type ResultPart } from '@arbalest/protocol'
import { resultMessages } from './result-stream.js'

const attemptId = 'jaaaaaaaaaaaaaaaa/1/0/1' as AttemptId
const executorId = 'eaaaaaaaaaaaaaaaa' as ExecutorId
const signal = new AbortController().signal
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean()
})

const stream = (first: number, rows: number): Buffer => {
  const numbers = Array.from({ length: rows }, (_, i) => first + i)
  const table = new Table({
    n: vectorFromArray(numbers, new Int32()),
    s: vectorFromArray(
      numbers.map((n) => `text ${n}`),
      new Utf8(),
    ),
  })
  return Buffer.from(tableToIPC(table, 'stream'))
}
const inlinePart = (bytes: Buffer): ResultPart => ({
  executorId,
  host: '127.0.0.1',
  port: 1,
  attemptId,
  rows: 0,
  bytes: bytes.length,
  inline: bytes.toString('base64'),
})

async function served(bytes: Buffer, answer: RequestListener): Promise<ResultPart> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { executorId, host: '127.0.0.1', port, attemptId, rows: 0, bytes: bytes.length }
}

async function read(parts: readonly ResultPart[], abort = signal): Promise<Table> {
  const pieces: Buffer[] = []
  for await (const message of resultMessages({ parts, jobToken: 'token' }, abort))
    pieces.push(...frameIpcMessage(message))
  return tableFromIPC(Buffer.concat([...pieces, ipcEndMark]))
}

describe('a result', () => {
  test('is its parts in order, inline and fetched, with one schema', async () => {
    const requests: string[] = []
    const second = stream(1000, 5000)
    const part = await served(second, (request, response) => {
      requests.push(`${request.url} ${request.headers.authorization}`)
      response.setHeader('content-length', second.length)
      response.end(second)
    })
    const table = await read([
      inlinePart(stream(0, 10)),
      part,
      inlinePart(stream(9000, 0)),
      inlinePart(stream(9001, 2)),
    ])
    expect(table.numRows).toBe(5012)
    expect([0, 9, 10, 5009, 5010, 5011].map((i) => table.get(i)?.['n'])).toEqual([
      0, 9, 1000, 5999, 9001, 9002,
    ])
    expect(table.get(5011)?.['s']).toBe('text 9002')
    expect(requests).toEqual([`/shuffle/${attemptId}/0 Bearer token`])
  })

  test('goes on where a transfer broke', async () => {
    const bytes = stream(0, 20_000)
    const ranges: (string | undefined)[] = []
    const part = await served(bytes, (request, response) => {
      ranges.push(request.headers.range)
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from })
      if (ranges.length > 2) response.end(bytes.subarray(from))
      else response.write(bytes.subarray(from, from + 50_000), () => response.destroy())
    })
    expect((await read([part])).numRows).toBe(20_000)
    expect(ranges).toEqual([undefined, 'bytes=50000-', 'bytes=100000-'])
  })

  test.each([
    [404, '{"code":"UNKNOWN_JOB"}', 'RESULT_EXPIRED'],
    [404, '{"code":"FILE_NOT_FOUND"}', 'RESULT_LOST'],
    [403, '', 'RESULT_LOST'],
    [500, '', 'RESULT_LOST'],
    [200, 'short', 'RESULT_LOST'],
  ])('an executor that answers %i %s makes it %s', async (status, body, code) => {
    const part = await served(stream(0, 10), (_, response) =>
      response.writeHead(status, { 'content-length': body.length }).end(body),
    )
    await expect(read([part])).rejects.toMatchObject({ code })
  })

  test('is lost with its executor', async () => {
    const part = { ...inlinePart(stream(0, 1)), inline: undefined }
    await expect(read([part as unknown as ResultPart])).rejects.toMatchObject({
      code: 'RESULT_LOST',
      jobId: 'jaaaaaaaaaaaaaaaa',
    })
  })

  test('is never a mixture, a fragment or nonsense', async () => {
    const other = Buffer.from(
      tableToIPC(new Table({ x: vectorFromArray([1], new Int32()) }), 'stream'),
    )
    const good = stream(0, 100)
    const cases = [
      [],
      [Buffer.alloc(0)],
      [good, other],
      [good.subarray(0, good.length - 100)],
      [Buffer.from('garbage that is long enough to be read as a length')],
      [Buffer.alloc(64, 0xff)],
      [Buffer.concat([good, good]), Buffer.from([1, 2, 3])],
    ]
    for (const parts of cases)
      await expect(read(parts.map(inlinePart))).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  test('ends when its reader goes away', async () => {
    const controller = new AbortController()
    const bytes = stream(0, 100)
    const part = await served(bytes, (_, response) => {
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, 50), () => controller.abort(new Error('gone')))
    })
    await expect(read([part], controller.signal)).rejects.toThrow('gone')
  })
})
