import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type { Envelope } from './generated/arbalest.js'
import { grpcMessageStream } from './grpc-message-stream.js'
import { list, object, wholeNumber } from './shape.js'

interface Numbers {
  readonly kind: 'numbers'
  readonly numbers: readonly number[]
}

/** One side of a call whose peer reads when it is told to. */
class FakeCall extends EventEmitter {
  readonly written: Envelope[] = []
  reading = true
  ended = false
  write(envelope: Envelope): boolean {
    this.written.push(envelope)
    return this.reading
  }
  end(): void {
    this.ended = true
  }
}

function open(limits: { queueBytesMax?: number; pieceBytes?: number; wholeMessageBytesMax?: number } = {}) {
  const call = new FakeCall()
  const events: string[] = []
  const stream = grpcMessageStream<Numbers, Pick<Numbers, 'numbers'>>(call as never, {
    shape: object({ numbers: list(wholeNumber(0, 1_000_000)) }),
    channel: 'scheduler to executor',
    cutOff: () => events.push('cut off'),
    ...limits,
  })
  const closed = new Promise<string>((resolve) => stream.onClose(resolve))
  const send = (...numbers: number[]): void => stream.send({ kind: 'numbers', numbers })
  const sent = () => call.written.map(({ json }) => (JSON.parse(String(json)) as Numbers).numbers)
  return { call, events, stream, closed, send, sent }
}

test('waits for a peer that is slow, and keeps the order', () => {
  const { call, send, sent } = open()
  call.reading = false
  for (const number of [1, 2, 3]) send(number)
  expect(sent()).toEqual([[1]])
  call.reading = true
  call.emit('drain')
  send(4)
  expect(sent()).toEqual([[1], [2], [3], [4]])
})

test('cuts off a peer that does not read at all', async () => {
  const { call, events, closed, send, sent } = open({ queueBytesMax: 200 })
  call.reading = false
  for (let number = 0; number < 20; number++) send(number)
  expect(await closed).toBe('the peer does not read')
  expect(events).toEqual(['cut off'])
  expect(sent()).toEqual([[0]])
})

test('sends what is long in pieces, which arrive as one message', () => {
  const { call, send } = open({ pieceBytes: 10 })
  const numbers = Array.from({ length: 20 }, (_, at) => at)
  send(...numbers)
  send(7)
  expect(call.written.every(({ json }) => json.length <= 10)).toBe(true)
  const reader = open()
  const seen: unknown[] = []
  reader.stream.onMessage((message) => seen.push(message))
  for (const envelope of call.written) reader.call.emit('data', envelope)
  expect(seen).toEqual([{ numbers }, { numbers: [7] }])
})

test('ends where a message is too large even in pieces, on both sides', async () => {
  const { closed, send, call } = open({ wholeMessageBytesMax: 20, pieceBytes: 10 })
  send(1)
  expect(await closed).toMatch(/above the limit/)
  expect(call.written).toEqual([])
  const reader = open({ wholeMessageBytesMax: 20 })
  for (const json of ['{"numbers":', '[1,2,3,4,5,6,7', ',8]}'])
    reader.call.emit('data', { kind: '', json: Buffer.from(json), more: true })
  expect(await reader.closed).toMatch(/bytes of one message/)
})

test('keeps what comes before anybody listens, and nothing after nonsense', async () => {
  const { call, stream, closed, events } = open()
  const message = (value: unknown) =>
    call.emit('data', { kind: '', json: Buffer.from(JSON.stringify(value)), more: false })
  message({ numbers: [1] })
  const seen: unknown[] = []
  stream.onMessage((numbers) => seen.push(numbers))
  message({ numbers: ['x'] })
  message({ numbers: [2] })
  expect(seen).toEqual([{ numbers: [1] }])
  expect(await closed).toMatch(/numbers\[0\]/)
  expect(events).toEqual(['cut off'])
})
