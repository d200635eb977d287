import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { PeerConnection } from './peer-connection.js'

const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251))
const headOf = (bytes: number): string => `HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`
let server: Server
let connection: PeerConnection
/** What the peer does with a request. */
let answer: (socket: Socket) => void

beforeEach(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', () => answer(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  connection = new PeerConnection({ host: '127.0.0.1', port }, 100)
})
afterEach(async () => {
  connection.destroy()
  await new Promise((resolve) => server.close(resolve))
})

const blockSizes = [1_000, 8_192, 65_536, 300_000, 400_000]
test.each(blockSizes)('a body comes into blocks of %d bytes', async (blockBytes) => {
  answer = whole(content)
  expect(await connection.ask('GET')).toMatchObject({ contentLength: content.length })
  expect(content.equals(await readAll(blockBytes))).toBe(true)
  expect(connection.isIdle).toBe(true)
})

test('one answer follows the other', async () => {
  for (const bytes of [10, 0, 100_000, 5]) {
    answer = whole(content.subarray(0, bytes))
    await connection.ask('GET')
    expect(content.subarray(0, bytes).equals(await readAll(1_000))).toBe(true)
  }
})

test('a head may come byte by byte', async () => {
  const head = headOf(3)
  answer = (socket) => {
    const send = (at: number): void => {
      if (at < head.length) socket.write(head.slice(at, at + 1), () => send(at + 1))
      else socket.write('abc')
    }
    socket.setNoDelay()
    send(0)
  }
  await connection.ask('GET')
  expect((await readAll(10)).toString()).toBe('abc')
})

test('a pause of the reader is not the silence of the peer', async () => {
  answer = whole(content)
  await connection.ask('GET')
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(content.equals(await readAll(65_536))).toBe(true)
})

test('an answer is read to its end also when the peer closes behind it', async () => {
  const head = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n'
  answer = (socket) => void socket.end(`${head}hello`)
  await connection.ask('GET')
  await new Promise((resolve) => setImmediate(resolve))
  expect((await readAll(10)).toString()).toBe('hello')
  expect(connection.isIdle).toBe(false)
})

test('what came before a break is given', async () => {
  answer = (socket) => void socket.end(headOf(10) + 'abc')
  await connection.ask('GET')
  const block = Buffer.alloc(10)
  expect(await connection.fill(block)).toBe(3)
  await expect(connection.fill(block)).rejects.toThrow('it closed the connection')
})

describe('refused is', () => {
  test.each<[string, string, RegExp]>([
    ['a head without end', 'HTTP/1.1 200 OK\r\n' + 'x: y\r\n'.repeat(5_000), /too long a head/],
    ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n', /does not speak HTTP/],
    ['a peer that leaves', '', /closed the connection/],
  ])('%s', async (_what, text, reason) => {
    answer = (socket) => void socket.end(text)
    await expect(connection.ask('GET')).rejects.toThrow(reason)
  })

  test('a peer that is silent, before and within its answer', async () => {
    answer = () => undefined
    await expect(connection.ask('GET')).rejects.toThrow('silent for 100 ms')
    expect(connection.isStale).toBe(false)
  })

  test('a body that stops', async () => {
    answer = (socket) => void socket.write(headOf(10) + 'abc')
    await connection.ask('GET')
    const block = Buffer.alloc(10)
    expect(await connection.fill(block)).toBe(3)
    await expect(connection.fill(block)).rejects.toThrow('silent for 100 ms')
  })

  test('more than was announced', async () => {
    answer = (socket) => void socket.write(headOf(3) + 'abcdef')
    await expect(connection.ask('GET')).rejects.toThrow('more than it announced')
  })

  test('more than was announced, later', async () => {
    const body = content.subarray(0, 100_001)
    answer = (socket) => void socket.write(headOf(100_000), () => socket.write(body))
    await connection.ask('GET')
    await readAll(200_000)
    await vi.waitFor(() => expect(connection.isIdle).toBe(false))
    await expect(connection.ask('GET')).rejects.toThrow('more than it announced')
  })

  test('an answer to nothing', async () => {
    let peer: Socket | undefined
    answer = (socket) => {
      peer = socket
      socket.write(headOf(0))
    }
    await connection.ask('GET')
    const closed = new Promise((resolve) => peer!.once('close', resolve))
    peer!.write(headOf(0))
    await closed
    expect(connection.isIdle).toBe(false)
  })
})

/** Head and body at once. */
const whole = (body: Buffer) => (socket: Socket): void => {
  socket.write(Buffer.concat([Buffer.from(headOf(body.length)), body]))
}

/** The whole body, with two blocks that wait in turn. */
async function readAll(blockBytes: number): Promise<Buffer> {
  const read: Buffer[] = []
  const pours = [0, 1].map(() => {
    const block = Buffer.alloc(blockBytes)
    return { block, bytes: connection.fill(block) }
  })
  for (;;) {
    const { block, bytes } = pours.shift()!
    const filled = await bytes
    if (filled === 0) return Buffer.concat(read)
    read.push(Buffer.from(block.subarray(0, filled)))
    pours.push({ block, bytes: connection.fill(block) })
  }
}
