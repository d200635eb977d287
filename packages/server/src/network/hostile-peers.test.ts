import { connect } from 'node:net'
import { Client, credentials, status } from '@grpc/grpc-js'
import { afterEach, describe, expect, test } from 'vitest'
import { FrontService } from '@arbalest/protocol'
import {
  atEnd,
  caller,
  closeFronts,
  closedAfter,
  fetchText,
  front,
} from './testing/invented-front.js'

afterEach(closeFronts)

describe('hostile peers', () => {
  const quick = { limits: { firstBytesTimeoutMs: 1_000 } }
  test.each([
    ['nothing', ''],
    ['garbage', '\0\x01\x02garbage'],
    ['half a preface', 'PRI * HT'],
    ['a wrong preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r'],
    [
      'a preface and garbage',
      Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.alloc(100_000, 0xff)]),
    ],
    ['half a request', 'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    ['an endless head', `GET /healthz HTTP/1.1\r\nX: ${'x'.repeat(100_000)}`],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('who sends %s is closed, and others are served', async (_, bytes) => {
    const { target } = await front(quick)
    await closedAfter(target, bytes)
    expect((await fetchText(target, '/healthz')).body).toBe('ok')
    expect(await caller(target).unary(FrontService.openSession, { settings: {} })).toEqual({
      sessionId: 'saaaaaaaaaaaaaaaa',
    })
  })

  test('a message above the limit ends its call only', async () => {
    const { target } = await front()
    const client = caller(target)
    const unbounded = new Client(`127.0.0.1:${target.port}`, credentials.createInsecure())
    atEnd(() => unbounded.close())
    const { path, responseDeserialize } = FrontService.splitStatements
    const refused = new Promise((resolve) => {
      unbounded.makeUnaryRequest(
        path,
        () => Buffer.alloc(64 * 1024 * 1024 + 1),
        responseDeserialize,
        {},
        (error) => resolve(error?.code),
      )
    })
    expect(await refused).toBe(status.RESOURCE_EXHAUSTED)
    const broken = {
      ...FrontService.splitStatements,
      requestSerialize: () => Buffer.from([0x0a, 0xff, 0xff]),
    }
    await expect(client.unary(broken, { text: '' })).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(
      (await client.unary(FrontService.splitStatements, { text: 'a' })).statements,
    ).toHaveLength(1)
  })

  test('connections are counted', async () => {
    const { target } = await front({ limits: { connectionsMax: 2, firstBytesTimeoutMs: 10_000 } })
    const held = await Promise.all(
      [1, 2].map(
        () =>
          new Promise<ReturnType<typeof connect>>((resolve) => {
            const socket = connect(target.port, target.host, () => resolve(socket))
            atEnd(() => socket.destroy())
          }),
      ),
    )
    await expect(fetchText(target, '/healthz')).rejects.toThrow()
    held[0]!.destroy()
    await expect
      .poll(
        () =>
          fetchText(target, '/healthz').then(
            (answer) => answer.status,
            () => 0,
          ),
        { timeout: 20_000 },
      )
      .toBe(200)
  })
})
