import { status } from '@grpc/grpc-js'
import { queryError } from '@arbalest/common'
import { expect, test } from 'vitest'
import { fromGrpcError, toGrpcStatus } from './error-mapping.js'

test('an error crosses whole', () => {
  const error = queryError(
    'SYNTAX_ERROR',
    { reason: 'near \u{1F600} "x"' },
    { position: 17, jobId: 'jaaaaaaaaaaaaaaaa' },
  )
  const status_ = toGrpcStatus(error)
  expect(status_.code).toBe(status.INVALID_ARGUMENT)
  expect(fromGrpcError(status_, 'x').toWire()).toEqual(error.toWire())
})

test('very long and ill-formed messages fit the trailers', () => {
  const mapped = toGrpcStatus(
    queryError('BINDER_ERROR', { reason: '\ud800' + '€'.repeat(1_000_000) }),
  )
  expect(() => encodeURI(mapped.details)).not.toThrow()
  const bytes = mapped.metadata.get('arbalest-error-bin')[0] as Buffer
  expect(bytes.length).toBeLessThan(25_000)
  expect(fromGrpcError(mapped, 'x').code).toBe('BINDER_ERROR')
})

test('what others answer gets a code of ours', () => {
  const foreign = (code: status) =>
    fromGrpcError(Object.assign(new Error('x'), { code, details: 'why' }), 'host:1').code
  expect(foreign(status.UNAVAILABLE)).toBe('SCHEDULER_UNREACHABLE')
  expect(foreign(status.DEADLINE_EXCEEDED)).toBe('SCHEDULER_UNREACHABLE')
  expect(foreign(status.UNAUTHENTICATED)).toBe('UNAUTHENTICATED')
  expect(foreign(status.UNIMPLEMENTED)).toBe('NOT_IN_THIS_VERSION')
  expect(foreign(status.UNKNOWN)).toBe('INTERNAL')
})

test.each([
  ['read ECONNABORTED', 'SCHEDULER_UNREACHABLE'],
  ['write EPIPE', 'SCHEDULER_UNREACHABLE'],
  ['Frame size error', 'INTERNAL'],
])('a call that ends with its connection: %s', (how, code) => {
  const details = `Received RST_STREAM with code 2 triggered by internal client error: ${how}`
  expect(fromGrpcError(Object.assign(new Error('x'), { code: status.INTERNAL, details }), 'host:1').code).toBe(code)
})
