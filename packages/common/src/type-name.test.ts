import { expect, test } from 'vitest'
import { typeToSql } from './data-type.js'
import { parseDataType } from './parse-data-type.js'
import { typeName } from './type-name.js'

test.each([
  'STRUCT(a INTEGER, aB HUGEINT, "select" DATE, "a b" VARCHAR, "it\'s" TIME, "ä" BLOB, "1a" UUID)',
  'UNION(i INTEGER, "map" STRUCT(unnamed DECIMAL(4,1)[])[3])',
  "MAP(ENUM('x', 'it''s'), TIMESTAMP WITH TIME ZONE)",
])('%s is named as DuckDB names it', (name) => {
  expect(typeName(parseDataType(name))).toBe(name)
})

test('SQL quotes every field name', () => {
  expect(typeToSql(parseDataType('STRUCT(a INTEGER)'))).toBe('STRUCT("a" INTEGER)')
})

test('fields without a name have none', () => {
  const type = parseDataType('INTEGER')
  const fields = [{ name: '', type }, { name: '', type }]
  expect(typeName({ kind: 'struct', fields })).toBe('STRUCT(INTEGER, INTEGER)')
})
