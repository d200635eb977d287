import { expect, test } from 'vitest'
import { parseAnswerHead } from './answer-head.js'

const lines = (...text: string[]): string => text.join('\r\n')

test('a head tells status, length, range and whether the connection stays open', () => {
  const head = lines('HTTP/1.1 206 Partial Content', 'Content-Length: 7', 'content-range:bytes 3-9/10 ')
  expect(parseAnswerHead(head)).toEqual({
    status: 206, contentLength: 7, contentRange: 'bytes 3-9/10', keepsOpen: true,
  })
})

test.each([
  ['HTTP/1.0 200 OK', 'content-length: 1'],
  ['HTTP/1.1 200 OK', 'content-length: 1', 'Connection: Close'],
])('the connection ends behind the answer: %s %s', (...head) => {
  expect(parseAnswerHead(lines(...head))).toMatchObject({ contentLength: 1, keepsOpen: false })
})

test.each([
  'x: y',
  'content-length: -1',
  'content-length: 1e3',
  'content-length: 1, 2',
  lines('content-length: 7', 'content-length: 8'),
  lines('content-length: 7', 'transfer-encoding: chunked'),
  'content-length: 99999999999999999999',
])('no length is known from %j', (header) => {
  expect(parseAnswerHead(lines('HTTP/1.1 200 OK', header))?.contentLength).toBeUndefined()
})

test.each([
  '', 'HTTP/2 200', 'HTTP/1.1 20', 'SSH-2.0-x', lines('HTTP/1.1 200 OK', 'no colon'),
])('no head: %j', (text) => {
  expect(parseAnswerHead(text)).toBeUndefined()
})
