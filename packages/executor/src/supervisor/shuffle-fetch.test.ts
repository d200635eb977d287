import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { ShufflePiece } from '@arbalest/plan'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { executorE, idOf, jobA } from '../testing/builders.js'
import { ShuffleFetcher, type FetchRequest } from './shuffle-fetch.js'
import { systemClock } from './system-clock.js'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const content = 'x'.repeat(100_000)
let directory: string
let server: Server
let fetcher: ShuffleFetcher
/** One for each request; the last one answers all further requests. */
let answers: Answer[]
let asked: IncomingMessage[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'arbalest-fetch-'))
  asked = []
  server = createServer((request, response) => {
    asked.push(request)
    answers[Math.min(asked.length, answers.length) - 1]!(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  fetcher = new ShuffleFetcher({ concurrency: 4, retries: 2, backoffMs: 1, timeoutMs: 100 }, systemClock)
})
afterEach(async () => {
  await fetcher.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(directory, { recursive: true })
})

test('a file arrives whole, with the token shown', async () => {
  answers = [whole]
  await fetcher.fetch(request())
  expect(await readFile(join(directory, 'in'), 'utf8')).toBe(content)
  expect(asked[0]!.headers.authorization).toBe('Bearer token')
  expect(asked[0]!.url).toBe(`/shuffle/${idOf(jobA, 1, 3)}/0`)
})

test('a large file arrives whole', async () => {
  const large = 'abcdefg'.repeat(1_000_000)
  answers = [body(large)]
  const { piece } = request()
  await fetcher.fetch(request({ piece: { ...piece, bytes: large.length, crc32: crc32(large) } }))
  expect(await readFile(join(directory, 'in'), 'utf8') === large).toBe(true)
})

describe('a connection', () => {
  let sockets: Set<unknown>
  beforeEach(() => {
    sockets = new Set()
    server.on('connection', (socket) => sockets.add(socket))
  })

  test('is used again', async () => {
    answers = [whole]
    for (let time = 0; time < 3; time += 1) await fetcher.fetch(request())
    expect(sockets.size).toBe(1)
  })

  test('that was closed meanwhile is no failed try', async () => {
    const once = new ShuffleFetcher({ concurrency: 1, retries: 0, backoffMs: 1, timeoutMs: 100 }, systemClock)
    answers = [whole, (asking): void => void asking.socket.destroy(), whole]
    await once.fetch(request())
    await once.fetch(request())
    expect(sockets.size).toBe(2)
    await once.close()
  })

  test('whose answer was refused is not used again', async () => {
    answers = [body('short'), whole]
    await expect(fetcher.fetch(request())).rejects.toMatchObject({ code: 'SHUFFLE_FETCH_FAILED' })
    await fetcher.fetch(request())
    expect(sockets.size).toBe(2)
  })
})

describe('parts of a file', () => {
  const segment = (from: number, to: number) => ({ bytes: to - from, crc32: crc32(varied.slice(from, to)) })
  const ranges = [
    { offset: 0, segments: [segment(0, 10_000)] },
    { offset: 60_000, segments: [segment(60_000, 70_000), segment(70_000, 99_000), segment(99_000, 100_000)] },
  ]
  const arrived = async () => {
    const text = await readFile(join(directory, 'in'), 'latin1')
    return text.slice(0, 10_000) === varied.slice(0, 10_000) && text.slice(60_000) === varied.slice(60_000) &&
      /^\0{50000}$/.test(text.slice(10_000, 60_000))
  }

  test('come to where they lie in it', async () => {
    answers = [part()]
    await fetcher.fetch(request({ ranges }))
    expect(await arrived()).toBe(true)
    expect(asked.map(({ headers }) => headers.range)).toEqual(['bytes=0-9999', 'bytes=60000-99999'])
  })

  test('go on where they broke, and a wrong one begins anew', async () => {
    answers = [part(), part(75_000), part(Infinity, 80_000), part()]
    await fetcher.fetch(request({ ranges }))
    expect(await arrived()).toBe(true)
    expect(asked[2]!.headers.range).toMatch(/^bytes=(6|7)\d{4}-99999$/)
    expect(asked[3]!.headers.range).toBe('bytes=70000-99999')
  })

  test('are refused from a peer that sends the whole', async () => {
    answers = [whole]
    await expect(fetcher.fetch(request({ ranges }))).rejects.toMatchObject({ code: 'SHUFFLE_FETCH_FAILED' })
    expect(asked).toHaveLength(1)
  })
})

describe('another try is made', () => {
  test('from where a broken transfer stopped', async () => {
    answers = [cutAfter(40_000), rest]
    await fetcher.fetch(request())
    expect(await readFile(join(directory, 'in'), 'utf8')).toBe(content)
    expect(asked[1]!.headers.range).toMatch(/^bytes=[1-9]\d*-$/)
  })

  test('from the start when the peer knows no ranges', async () => {
    answers = [cutAfter(40_000), whole]
    await fetcher.fetch(request())
    expect(await readFile(join(directory, 'in'), 'utf8')).toBe(content)
  })

  test('after a wrong checksum, from the start', async () => {
    answers = [body('y'.repeat(content.length)), whole]
    await fetcher.fetch(request())
    expect(await readFile(join(directory, 'in'), 'utf8')).toBe(content)
    expect(asked[1]!.headers.range).toBeUndefined()
  })

  test('when the peer is busy', async () => {
    answers = [status(503), whole]
    await fetcher.fetch(request())
    expect(asked).toHaveLength(2)
  })

  test('when the peer falls silent', async () => {
    answers = [silentAfterHead, whole]
    await fetcher.fetch(request())
    expect(asked).toHaveLength(2)
  })
})

describe('a fetch fails and names executor, stage and task', () => {
  test.each<[string, Answer, RegExp, number]>([
    ['a checksum that stays wrong', body('y'.repeat(content.length)), /checksum/, 3],
    ['a transfer that always breaks', cutAfter(0), /closed|ECONNRESET/, 3],
    ['a peer that stays silent', (): void => undefined, /silent for 100 ms/, 3],
    ['an unknown output', status(404), /answers 404/, 1],
    ['a refused token', status(403), /answers 403/, 1],
    ['a shorter file', body('short'), /announces 5 bytes instead of 100000/, 1],
    ['a longer file', body(`${content}more`), /announces 100004 bytes/, 1],
    ['no announced length', chunked, /announces an unknown number/, 1],
    ['another range than asked for', wrongRange, /another range/, 1],
    [
      'a redirect',
      (_request, response): void => void response.writeHead(302, { location: '/elsewhere' }).end(),
      /answers 302/,
      1,
    ],
  ])('%s', async (_what, answer, reason, tries) => {
    answers = [answer]
    await expect(fetcher.fetch(request())).rejects.toMatchObject({
      code: 'SHUFFLE_FETCH_FAILED',
      fields: { executorId: executorE, stageId: 1, task: 3, reason: expect.stringMatching(reason) as string },
    })
    expect(asked).toHaveLength(tries)
  })

  test('a peer that is gone, which is told apart', async () => {
    const { piece } = request()
    await new Promise((resolve) => server.close(resolve))
    const unreachable: string[] = []
    const fetching = fetcher.fetch(request({ piece, onUnreachable: (reason) => unreachable.push(reason) }))
    await expect(fetching).rejects.toMatchObject({ code: 'SHUFFLE_FETCH_FAILED' })
    expect(unreachable).toEqual([expect.stringContaining('ECONNREFUSED')])
    server.listen(0)
  })
})

test.runIf(existsSync('/dev/full'))('a full disk is not the fault of the peer', async () => {
  answers = [whole]
  await expect(fetcher.fetch(request({ path: '/dev/full' }))).rejects.toMatchObject({
    code: 'DISK_FULL',
    fields: { path: '/dev/full' },
  })
  expect(asked).toHaveLength(1)
})

test('an aborted fetch ends at once with the reason', async () => {
  const abort = new AbortController()
  answers = [(): void => abort.abort(new Error('cancelled'))]
  await expect(fetcher.fetch(request({ signal: abort.signal }))).rejects.toThrow('cancelled')
})

const whole: Answer = (_request, response) => body(content)(_request, response)
const body =
  (text: string): Answer =>
  (_request, response) =>
    void response.writeHead(200, { 'content-length': text.length }).end(text)
const status =
  (code: number): Answer =>
  (_request, response) =>
    void response.writeHead(code).end()
const chunked: Answer = (_request, response) => {
  response.writeHead(200, { 'transfer-encoding': 'chunked' })
  response.end(content)
}
const cutAfter =
  (bytes: number): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-length': content.length })
    response.write(content.slice(0, bytes), () => response.destroy())
    if (bytes === 0) response.destroy()
  }
const rest: Answer = (request, response) => {
  const first = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1])
  const headers = {
    'content-range': `bytes ${first}-${content.length - 1}/${content.length}`,
    'content-length': content.length - first,
  }
  response.writeHead(206, headers).end(content.slice(first))
}
const varied = Array.from({ length: 20_000 }, (_, at) => String(10_000 + at)).join('')
/** The asked part of the varied text, broken off behind a byte of it, with one byte changed. */
const part = (brokenAt = Infinity, wrongAt = -1): Answer => (request, response) => {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')?.map(Number) ?? []
  const text = `${varied.slice(0, wrongAt)}${wrongAt < 0 ? '' : 'x'}${varied.slice(wrongAt < 0 ? 0 : wrongAt + 1)}`
  const sent = (wrongAt < 0 ? varied : text).slice(first, Math.min(last! + 1, brokenAt))
  response.writeHead(206, {
    'content-range': `bytes ${first}-${last}/${varied.length}`, 'content-length': last! + 1 - first!,
  })
  response.write(sent, () => (brokenAt < last! ? response.destroy() : response.end()))
}
const wrongRange: Answer = (_request, response) => {
  response.writeHead(206, { 'content-range': 'bytes 7-9/10', 'content-length': 3 }).end('abc')
}
const silentAfterHead: Answer = (_request, response) => {
  response.writeHead(200, { 'content-length': content.length })
  response.write('x')
}

function request(more: Partial<FetchRequest> = {}): FetchRequest {
  const piece: ShufflePiece = {
    executorId: executorE,
    host: '127.0.0.1',
    port: (server.address() as AddressInfo | null)?.port ?? 1,
    attemptId: idOf(jobA, 1, 3),
    file: 0,
    rows: 1,
    bytes: content.length,
    crc32: crc32(content),
  }
  const path = join(directory, 'in')
  const signal = new AbortController().signal
  return { piece, jobToken: 'token', path, signal, onUnreachable: () => undefined, ...more }
}
