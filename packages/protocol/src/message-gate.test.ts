import { afterEach, expect, test } from 'vitest'
import { createGrpcServer } from './grpc-server.js'
import { GrpcCaller } from './grpc-calls.js'
import { streamHandler } from './grpc-handlers.js'
import { flightService } from './flight-service.js'
import type { FlightData } from './flight-data.js'
import { openGuardedListener } from './guarded-listener.js'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

const mebibyte = 1024 * 1024
const count = 40

/** Streams numbered messages of 1 MiB; tells how many were asked for. */
async function serve() {
  const seen = { sent: 0, ended: false }
  async function* messages(): AsyncGenerator<FlightData> {
    try {
      for (; seen.sent < count; seen.sent++) {
        yield await Promise.resolve({ header: Buffer.from([seen.sent]), body: [Buffer.alloc(mebibyte)] })
      }
    } finally {
      seen.ended = true
    }
  }
  const grpc = createGrpcServer({ tokens: [] })
  grpc.addService(flightService, {
    ...Object.fromEntries(Object.keys(flightService).map((name) => [name, () => undefined])),
    doGet: streamHandler<unknown, FlightData>(messages),
  })
  const accept = openGuardedListener({ host: '127.0.0.1', port: 0 }, (socket) => grpc.accept(socket))
  const listener = await accept
  const caller = new GrpcCaller({ host: '127.0.0.1', port: listener.port })
  cleanups.push(() => listener.close(), () => grpc.close(), () => caller.close())
  const call = (aheadMax: number, signal?: AbortSignal) =>
    caller.stream(flightService.doGet, { ticket: Buffer.alloc(0) }, { aheadMax, signal })
  return { seen, call }
}

test('all messages pass in order, however few may wait', async () => {
  for (const aheadMax of [1, 3, Number.POSITIVE_INFINITY]) {
    const { call } = await serve()
    const order: number[] = []
    for await (const { header } of call(aheadMax)) order.push(header[0] ?? -1)
    expect(order).toEqual(Array.from({ length: count }, (_, i) => i))
  }
})

test('who leaves or aborts while a message waits ends the call', async () => {
  const left = await serve()
  for await (const { header } of left.call(1)) if (header[0] === 2) break
  await expect.poll(() => left.seen.ended, { timeout: 10_000 }).toBe(true)
  const aborted = await serve()
  const controller = new AbortController()
  const reading = (async () => {
    for await (const { header } of aborted.call(1, controller.signal)) {
      if (header[0] === 2) controller.abort(new Error('enough'))
    }
  })()
  await expect(reading).rejects.toThrow('enough')
  await expect.poll(() => aborted.seen.ended, { timeout: 10_000 }).toBe(true)
})
