import { integerType, varcharType, type DataType } from '@arbalest/common'
import type { Expr } from '@arbalest/plan'
import { expect, test } from 'vitest'
import { readStructUpdate } from './read-struct-update.js'
import { typeJson } from './testing/plan-json.js'

const structOf = (fields: Readonly<Record<string, DataType>>): DataType =>
  ({ kind: 'struct', fields: Object.entries(fields).map(([name, type]) => ({ name, type })) })
const structJson = (...names: readonly string[]) => ({
  id: 'STRUCT',
  type_info: { child_types: names.map((first) => ({ first, second: typeJson('INTEGER') })) },
})
const column = (index: number, type: DataType): Expr => ({ kind: 'column', index, type })
const struct = column(0, structOf({ a: integerType, b: integerType }))
const update = (told: string, written: readonly (readonly string[])[], type: object = structJson('a', 'b')) =>
  readStructUpdate({ return_type: type, children: [{}, { alias: told }] }, [struct, column(1, integerType)], written)

test('the one call of the text that gives the type tells the names', () => {
  const name = { kind: 'constant', type: varcharType, value: { kind: 'text', text: 'A' } }
  expect(update('a', [['A'], ['c'], ['a', 'b']])).toMatchObject({ args: [struct, name, column(1, integerType)] })
  expect(update('c', [['a'], ['c']], structJson('a', 'b', 'c'))).toMatchObject({ name: 'struct_update' })
})
test.each([
  ['another name than the plan has', () => update('b', [['a']])],
  ['no name', () => update('a', [])],
  ['two that both give the type', () => update('a', [['a'], ['b']])],
  ['one that gives another type', () => update('a', [['a']], structJson('a', 'b', 'c'))],
])('with %s in the text it is unreadable', (_, read) => {
  expect(read).toThrow('function struct_update')
})
