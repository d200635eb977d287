import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { utf16Offset, utf16OffsetOfCodePoint } from './error-position.js'

test('bytes of UTF-8 become units of UTF-16', () => {
  const text = "é€😀'x"
  const offsets = [0, 1, 2, 4, 5, 6, 8, 9, 10, 99].map((bytes) => utf16Offset(text, bytes))
  expect(offsets).toEqual([0, 0, 1, 1, 2, 2, 2, 4, 5, 6])
})

test('agrees with a real encoder at every character', () => {
  const text = 'select "ä", \'日本😀\' from t -- ☃'
  let at = 0
  for (const character of text) {
    expect(utf16Offset(text, Buffer.byteLength(text.slice(0, at)))).toBe(at)
    at += character.length
  }
})

test('agrees with DuckDB: nodes in bytes, syntax errors in code points', async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const serialized = async (sql: string): Promise<string> => {
    const literal = sql.replaceAll("'", "''")
    const reader = await connection.runAndReadAll(`select json_serialize_sql('${literal}')`)
    return String(reader.getRows()[0]?.[0])
  }
  const texts = [
    "select 'é' from ",
    "select 'é😀', \"日本\" from ",
    'select\u00a0\u2003 a from\u3000',
    "select '\u00a0\u3000', \"\u00a0\"\u00a0from ",
    '-- \u00a0 😀\n select\u00a0"😀"\u00a0from ',
  ]
  for (const text of texts) {
    const wrong = JSON.parse(await serialized(`${text}where`)) as { position: string }
    expect(utf16OffsetOfCodePoint(`${text}where`, Number(wrong.position))).toBe(text.length)
    const tableOffset = /"BASE_TABLE".*?"query_location":(\d+)/.exec(await serialized(`${text}tt`))
    expect(utf16Offset(`${text}tt`, Number(tableOffset?.[1]))).toBe(text.length)
  }
  connection.closeSync()
})
