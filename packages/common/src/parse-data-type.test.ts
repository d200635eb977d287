import { describe, expect, test } from 'vitest'
import { typeToSql } from './data-type.js'
import { parseDataType } from './parse-data-type.js'

describe('a type as text', () => {
  test.each([
    'BOOLEAN',
    'HUGEINT',
    'TIMESTAMP WITH TIME ZONE',
    'TIME WITH TIME ZONE',
    'TIMESTAMP_NS',
    'DECIMAL(15,2)',
    '"NULL"',
    'INTEGER[]',
    'INTEGER[3][][2]',
    'MAP(VARCHAR, STRUCT("a" INTEGER)[])',
    "ENUM('a', 'it''s', '', '),(')",
    'STRUCT("a ""q"", b" INTEGER, "select" DECIMAL(3,1)[])',
    'UNION("n" INTEGER, "z" TIME WITH TIME ZONE)',
    'STRUCT("time" TIME)',
  ])('%s prints as it was read', (text) => {
    expect(typeToSql(parseDataType(text))).toBe(text)
  })

  test.each([
    ['int', 'INTEGER'],
    ['Text', 'VARCHAR'],
    ['timestamptz', 'TIMESTAMP WITH TIME ZONE'],
    ['varchar(20)', 'VARCHAR'],
    ['DECIMAL', 'DECIMAL(18,3)'],
    ['numeric(10)', 'DECIMAL(10,0)'],
    [' struct ( a int , b text[ ] ) ', 'STRUCT("a" INTEGER, "b" VARCHAR[])'],
    ["GEOMETRY('OGC:CRS84')", 'GEOMETRY'],
    ['timestamp  with time  zone[]', 'TIMESTAMP WITH TIME ZONE[]'],
    [
      'STRUCT(time TIME WITH TIME ZONE, timestamp TIMESTAMP)',
      'STRUCT("time" TIME WITH TIME ZONE, "timestamp" TIMESTAMP)',
    ],
    [
      'STRUCT(map MAP(INT, INT), struct STRUCT(decimal DECIMAL(4,2)))',
      'STRUCT("map" MAP(INTEGER, INTEGER), "struct" STRUCT("decimal" DECIMAL(4,2)))',
    ],
  ])('%s is %s', (text, printed) => {
    expect(typeToSql(parseDataType(text))).toBe(printed)
  })

  test('a struct without names has empty ones', () => {
    expect(parseDataType('STRUCT(INTEGER, TIME WITH TIME ZONE, VARCHAR[])')).toMatchObject({
      fields: [
        { name: '' },
        { name: '', type: { name: 'TIME WITH TIME ZONE' } },
        { name: '', type: { kind: 'list' } },
      ],
    })
  })

  test.each([
    '',
    'NOTHING',
    'INTEGER[',
    'STRUCT(a INTEGER',
    "ENUM('a)",
    'MAP(INTEGER)',
    'INTEGER INTEGER',
    'DECIMAL(a)',
    '"INTEGER',
  ])('"%s" is refused', (text) => {
    expect(() => parseDataType(text)).toThrowError(expect.objectContaining({ code: 'NOT_IN_THIS_VERSION' }))
  })
})
