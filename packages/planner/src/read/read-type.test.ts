import { typeToSql } from '@arbalest/common'
import { expect, test } from 'vitest'
import { readType } from './read-type.js'
import { typeJson } from './testing/plan-json.js'

const integer = typeJson('INTEGER')
const fields = (...names: string[]) => ({ child_types: names.map((first) => ({ first, second: integer })) })

test.each([
  [typeJson('TIMESTAMP WITH TIME ZONE'), 'TIMESTAMP WITH TIME ZONE'],
  [typeJson('DECIMAL', { width: 15, scale: 2 }), 'DECIMAL(15,2)'],
  [typeJson('LIST', { child_type: integer }), 'INTEGER[]'],
  [typeJson('ARRAY', { child_type: integer, size: 3 }), 'INTEGER[3]'],
  [typeJson('STRUCT', fields('a', 'b c')), 'STRUCT("a" INTEGER, "b c" INTEGER)'],
  [typeJson('MAP', { child_type: typeJson('STRUCT', fields('key', 'value')) }), 'MAP(INTEGER, INTEGER)'],
  [typeJson('ENUM', { values: ["it's"] }), "ENUM('it''s')"],
  [typeJson('VARCHAR', { alias: 'JSON' }), 'JSON'],
  [typeJson('BLOB', { alias: 'GEOMETRY' }), 'GEOMETRY'],
  [typeJson('VARCHAR', { alias: 'my_type' }), 'VARCHAR'],
  [typeJson('STRING_LITERAL'), 'VARCHAR'],
  [typeJson('NULL'), '"NULL"'],
])('%j is %s', (json, sql) => {
  expect(typeToSql(readType(json))).toBe(sql)
})

test('the tag of a union is no member', () => {
  const info = { child_types: [{ second: typeJson('UTINYINT') }, { first: 'n', second: integer }] }
  expect(typeToSql(readType(typeJson('UNION', info)))).toBe('UNION("n" INTEGER)')
})

test('a struct without field names has no name in SQL: it is readable where it can be made anew', () => {
  const row = typeJson('STRUCT', { child_types: [{ second: integer }] })
  expect(readType(typeJson('LIST', { child_type: row }))).toMatchObject({ child: { fields: [{ name: '' }] } })
  expect(() => readType(typeJson('ARRAY', { child_type: row, size: 2 }))).toThrow('field names in ARRAY')
})

test('an unknown type is unreadable', () => {
  expect(() => readType(typeJson('AGGREGATE_STATE'))).toThrow('type AGGREGATE_STATE')
})
