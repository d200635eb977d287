import { expect, test } from 'vitest'
import { decodeExecuteRequest, encodeExecuteRequest } from './front-codec.js'
import type { ParameterValue, ParameterValues } from './parameter-values.js'

const request = { sessionId: undefined, requestId: 'r', sql: 'SELECT $1', textResult: true }

test('the values of parameters come as they were sent', () => {
  const parameters: ParameterValues = {
    1: { kind: 'null' },
    two: { kind: 'text', text: '2026-01-31', type: 'DATE' },
    3: { kind: 'list', items: [{ kind: 'integer', text: '1' }], type: 'BIGINT[]' },
    4: { kind: 'struct', fields: { a: { kind: 'null', type: 'UUID' } } },
    5: { kind: 'map', keys: [{ kind: 'text', text: 'k' }], values: [{ kind: 'null' }] },
  }
  expect(decodeExecuteRequest(encodeExecuteRequest({ ...request, parameters }))).toEqual({ ...request, parameters })
  expect(decodeExecuteRequest(encodeExecuteRequest(request))).toEqual(request)
  expect(decodeExecuteRequest(encodeExecuteRequest({ ...request, parameters: {} }))).toEqual(request)
})

test('what is no value is refused', () => {
  const sent = (json: string) => ({ ...encodeExecuteRequest(request), parameters: Buffer.from(json) })
  for (const json of ['{', '[]', '{"a": 1}', '{"a": {"kind": "text"}}', '{"a": {"kind": "other"}}']) {
    expect(() => decodeExecuteRequest(sent(json))).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
  }
  let deep: ParameterValue = { kind: 'null' }
  for (let n = 0; n < 200; n++) deep = { kind: 'list', items: [deep] }
  expect(() => decodeExecuteRequest(sent(JSON.stringify({ a: deep }))))
    .toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
})
