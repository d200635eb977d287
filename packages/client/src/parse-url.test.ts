import { expect, test } from 'vitest'
import { parseClusterUrl } from './parse-url.js'

test.each([
  ['df://localhost:1', { host: 'localhost', port: 1, tls: false }],
  ['df+tls://db.example:50051/', { host: 'db.example', port: 50051, tls: true }],
  ['df://[::1]:7', { host: '::1', port: 7, tls: false }],
  ['DF://host', { host: 'host', port: 50050, tls: false }],
])('%s', (url, expected) => {
  expect(parseClusterUrl(url)).toEqual(expected)
})

test.each([
  '',
  'http://x:1',
  'df://',
  'df://x:0',
  'df://x:99999',
  'df://u:p@x:1',
  'df://x:1/path',
  'df://a b',
  'localhost:1',
])('%s is refused', (url) => {
  expect(() => parseClusterUrl(url)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
})
