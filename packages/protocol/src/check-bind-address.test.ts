import { expect, test } from 'vitest'
import { checkBindAddress, isLoopback } from './check-bind-address.js'

test('knows this host from others', () => {
  for (const host of [
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '[::1]',
    '0:0:0:0:0:0:0:1',
    'localhost',
    'LOCALHOST',
  ]) {
    expect(isLoopback(host), host).toBe(true)
  }
  for (const host of [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    'example.org',
    '127.example.org',
    '',
    '1::1',
    'fe80::1',
    '::11',
    '::2',
  ]) {
    expect(isLoopback(host), host).toBe(false)
  }
})

test('other hosts need a token or a word', () => {
  expect(() => checkBindAddress({ host: '0.0.0.0', tokens: [], insecure: false })).toThrow(
    expect.objectContaining({ code: 'ADDRESS_NEEDS_TOKEN' }),
  )
  checkBindAddress({ host: '0.0.0.0', tokens: ['t'], insecure: false })
  checkBindAddress({ host: '0.0.0.0', tokens: [], insecure: true })
  checkBindAddress({ host: '127.0.0.1', tokens: [], insecure: false })
})
