import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { openTransfer, type Transfer } from './part-transfer.js'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

/** A server that does what `answer` says with each connection, once its request has come. */
async function open(
  answer: (socket: Socket, request: string) => void,
  { signal = new AbortController().signal, timeoutMs = 10_000, token = 't' } = {},
): Promise<Transfer> {
  const server = createServer((socket) => {
    cleanups.push(() => socket.destroy())
    socket.on('error', () => undefined)
    socket.once('data', (data) => answer(socket, data.toString()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => server.close())
  const { port } = server.address() as AddressInfo
  const headers = { authorization: `Bearer ${token}` }
  const transfer = await openTransfer({ host: '127.0.0.1', port, path: '/a/0', headers, timeoutMs, signal })
  cleanups.push(() => transfer.close())
  return transfer
}

const pattern = Buffer.from(Array.from({ length: 251 }, (_, i) => i))
const numbers = (bytes: number): Buffer => Buffer.alloc(bytes, pattern)
const ok = (bytes: number): string => `HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`

test('the head may come byte by byte, the body with it, and go to any targets', async () => {
  const body = numbers(1_000_000)
  let request = ''
  const transfer = await open((socket, text) => {
    request = text
    const head = ok(body.length)
    for (const character of head.slice(0, -1)) socket.write(character)
    socket.write(Buffer.concat([Buffer.from(head.slice(-1)), body]))
  })
  expect(request).toMatch(/^GET \/a\/0 HTTP\/1.1\r\nhost: 127.0.0.1:\d+\r\n[^]*authorization: Bearer t\r\n\r\n$/)
  expect([transfer.status, transfer.contentLength]).toEqual([200, body.length])
  let at = 0
  for (const size of [4, 4, 500, 200_000, 1, 70_000, 65_536, 300_000]) {
    const target = Buffer.alloc(size)
    expect(await transfer.read(target)).toBe(size)
    expect(target.equals(body.subarray(at, at + size))).toBe(true)
    at += size
  }
})

test('what is received and nobody wants yet stays within bounds, and is not overwritten', async () => {
  const body = numbers(64 * 1024 * 1024)
  let socketOfServer: Socket | undefined
  const transfer = await open((socket) => {
    socketOfServer = socket
    socket.write(ok(body.length))
    socket.write(body)
  })
  const taken = Buffer.alloc(1_000_000)
  for (let at = 0; at < taken.length; at += 1000) await transfer.read(taken.subarray(at, at + 1000))
  expect(taken.equals(body.subarray(0, taken.length))).toBe(true)
  expect(socketOfServer?.writableLength).toBeGreaterThan(body.length / 2)
})

test('bytes before a break are handed out, then the reason', async () => {
  const transfer = await open((socket) => socket.end(Buffer.concat([Buffer.from(ok(100)), numbers(30)])))
  const target = Buffer.alloc(100)
  expect(await transfer.read(target)).toBe(30)
  expect(target.subarray(0, 30).equals(numbers(30))).toBe(true)
  await expect(transfer.read(target)).rejects.toThrow('the connection has ended')
})

test.each([
  ['no HTTP', 'nonsense\r\n\r\n', 'not HTTP/1.1'],
  ['a head without end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}`, 'head exceeds'],
  ['half a head', 'HTTP/1.1 200 OK\r\n', 'has ended'],
  ['nothing', '', 'has ended'],
])('%s is refused', async (_, text, reason) => {
  await expect(open((socket) => socket.end(text))).rejects.toThrow(reason)
})

test.each([
  ['no length', 'HTTP/1.1 200 OK\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n'],
  ['another encoding', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['a length that is no number', 'HTTP/1.1 200 OK\r\ncontent-length: 5e3\r\n\r\n'],
])('%s is no known length', async (_, head) => {
  const { status, contentLength } = await open((socket) => socket.write(head))
  expect([status, contentLength]).toEqual([200, undefined])
})

test('silence breaks a transfer that is awaited, and no other', async () => {
  const transfer = await open((socket) => socket.write(`${ok(100)}begun`), { timeoutMs: 50 })
  const target = Buffer.alloc(5)
  expect(await transfer.read(target)).toBe(5)
  await expect(transfer.read(target)).rejects.toThrow('silent for 50 ms')
})

test('an abort ends it, at the head and in the body', async () => {
  const early = new AbortController()
  const opening = open(() => early.abort(), { signal: early.signal })
  await expect(opening).rejects.toThrow('was closed')
  const late = new AbortController()
  const transfer = await open((socket) => socket.write(ok(100)), { signal: late.signal })
  const reading = transfer.read(Buffer.alloc(100))
  late.abort()
  await expect(reading).rejects.toThrow('was closed')
})

test('a token that would end its line is not sent', async () => {
  await expect(open((socket) => socket.end(ok(0)), { token: 't\r\nx: y' })).rejects.toThrow('cannot be sent')
})
