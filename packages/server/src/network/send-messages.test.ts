import selfsigned from 'selfsigned'
import { afterEach, expect, test } from 'vitest'
import { Table, tableToIPC, vectorFromArray } from 'apache-arrow'
import { queryError } from '@arbalest/common'
import { chunkSource, flightService, type ByteSource, type FlightData } from '@arbalest/protocol'
import { all, caller, closeFronts, front } from './testing/invented-front.js'
import type { FetchPart } from './result-stream.js'

afterEach(closeFronts)

const fetched = { ticket: Buffer.from('fetched') }
const rows = 300_000

/** A stream of so many batches above 1 MiB, each with its number in all rows; `taken` are its bytes read. */
function source(batches: number) {
  const seen = { taken: 0, closed: false }
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let n = 0; n < batches; n++) {
      const table = new Table({ n: vectorFromArray(new Int32Array(rows).fill(n)) })
      const bytes = Buffer.from(tableToIPC(table, 'stream'))
      // The schema comes once, the end mark not at all: 8 bytes behind the last batch.
      const schema = bytes.readInt32LE(4) + 8
      yield bytes.subarray(n === 0 ? 0 : schema, bytes.length - 8)
    }
  }
  const inner = chunkSource(chunks())
  const outer: ByteSource = {
    async fill(target) {
      const filled = await inner.fill(target)
      seen.taken += filled
      return filled
    },
    close: () => {
      seen.closed = true
      return inner.close()
    },
  }
  return { seen, fetch: (() => outer) satisfies FetchPart }
}

function certificate() {
  const { cert, private: key } = selfsigned.generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  })
  return { cert, key }
}

test.each(['plain', 'TLS'])('%s: buffers are used again when sent, and gRPC copies none', async (kind) => {
  const { seen, fetch } = source(60)
  const method: { responseSerialize: (data: FlightData) => Buffer } = flightService.doGet
  const serialize = method.responseSerialize
  let copied = 0
  method.responseSerialize = (data) => {
    copied += 1
    return serialize(data)
  }
  const tls = kind === 'TLS' ? certificate() : undefined
  const { target } = await front({ fetchPart: fetch, tls })
  method.responseSerialize = serialize
  const address = tls === undefined ? target : { ...target, host: 'localhost', tls: { ca: tls.cert } }
  const messages = await all(caller(address).stream(flightService.doGet, fetched))
  expect(messages).toHaveLength(61)
  messages.slice(1).forEach(({ body }, n) => {
    const whole = Buffer.concat(body)
    const numbers = new Int32Array(whole.buffer, whole.byteOffset, rows)
    expect(numbers.every((value) => value === n)).toBe(true)
  })
  expect([copied, seen.closed]).toEqual([0, true])
})

test('no more is read than a client takes', async () => {
  const { seen, fetch } = source(200)
  const { target, seen: answered } = await front({ fetchPart: fetch })
  const stream = caller(target).stream(flightService.doGet, fetched, { aheadMax: 1 })
  for (let n = 0; n < 3; n++) await stream.next()
  await expect.poll(() => steady(() => seen.taken), { timeout: 20_000, interval: 100 }).toBe(true)
  // The windows of HTTP/2 and the system's buffers for a local connection hold most of it.
  expect(seen.taken).toBeLessThan(60 * rows * 4)
  await stream.return()
  await expect.poll(() => [seen.closed, ...answered.outcomes], { timeout: 20_000 }).toEqual([true, 'abandoned'])
})

let last = -1
/** Whether the figure is that of the last look. */
function steady(figure: () => number): boolean {
  const before = last
  last = figure()
  return before === last
}

test('an error of the source behind rows reaches the client', async () => {
  const { fetch } = source(3)
  const failing: FetchPart = (request) => {
    const { fill, close } = fetch()
    let calls = 0
    const broken = queryError('RESULT_LOST', { jobId: request.part.attemptId, reason: 'gone' })
    return { close, fill: (target) => (++calls > 9 ? Promise.reject(broken) : fill(target)) }
  }
  const { target } = await front({ fetchPart: failing })
  const reading = all(caller(target).stream(flightService.doGet, fetched))
  await expect(reading).rejects.toMatchObject({ code: 'RESULT_LOST' })
})
