import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { integerType, parseDataType, typeToSql, varcharType } from '@arbalest/common'
import { decodeColumn, encodeColumn, isStorable, storedType } from '@arbalest/plan'
import { typeSamples } from '@arbalest/plan/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Database, type Connection } from './database.js'

describe('values go through a Parquet file by the edge codec', () => {
  let directory: string
  let database: Database
  let connection: Connection

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'arbalest-codec-'))
    database = await Database.open({ threads: '1' })
    connection = database.connect()
    await connection.execute("SET errors_as_json = true; SET TimeZone = 'UTC'")
  })
  afterAll(async () => {
    await connection.close()
    await database.close()
    await rm(directory, { recursive: true })
  })

  test.each(typeSamples.map((sample, index) => ({ ...sample, index })))(
    '$type',
    async ({ type, values, index }) => {
      const parsed = parseDataType(type)
      const file = path.join(directory, `${index}.parquet`)
      const rows = ['NULL', ...values].map((value, row) => `(${row}, CAST(${value} AS ${type}))`)
      await connection.execute(
        `CREATE OR REPLACE TEMP TABLE before AS SELECT * FROM (VALUES ${rows.join(', ')}) v(n, x)`,
      )
      await connection.execute(
        `COPY (SELECT n, ${encodeColumn('x', parsed)} AS x FROM before) TO '${file}' (FORMAT parquet)`,
      )
      const stored = await connection.textRows(`SELECT typeof(x) FROM read_parquet('${file}') LIMIT 1`)
      expect(stored[0]?.[0]).toBe(await printed(storedType(parsed)))
      await connection.execute(
        `CREATE OR REPLACE TEMP TABLE after AS
         SELECT n, ${decodeColumn('x', parsed)} AS x FROM read_parquet('${file}')`,
      )
      const content = (table: string) =>
        connection.textRows(
          `SELECT n::VARCHAR, typeof(x), x::VARCHAR, (x IS NULL)::VARCHAR FROM ${table} ORDER BY n`,
        )
      expect(await content('after')).toEqual(await content('before'))
    },
  )

  test('fields without names', async () => {
    const row = { kind: 'struct', fields: [integerType, varcharType].map((type) => ({ name: '', type })) } as const
    const rows = "VALUES (1, row(1, 'a')), (2, NULL), (3, row(NULL, 'it''s'))"
    for (const [type, value] of [[row, 'x'], [{ kind: 'list', child: row } as const, '[x, NULL]']] as const) {
      const file = path.join(directory, `row-${type.kind}.parquet`)
      const before = `SELECT n, ${value} AS x FROM (${rows}) v(n, x)`
      await connection.execute(
        `COPY (SELECT n, ${encodeColumn('x', type)} AS x FROM (${before})) TO '${file}' (FORMAT parquet)`,
      )
      const after = `SELECT n, ${decodeColumn('x', type)} AS x FROM read_parquet('${file}')`
      const content = (sql: string) => connection.textRows(`SELECT n::VARCHAR, typeof(x), x::VARCHAR FROM (${sql})`)
      expect(await content(after)).toEqual(await content(before))
    }
  })

  test('a VARIANT inside another type is known as not storable', () => {
    expect(isStorable(parseDataType('VARIANT[]'))).toBe(false)
    expect(isStorable(parseDataType('VARIANT'))).toBe(true)
  })

  async function printed(type: Parameters<typeof typeToSql>[0]): Promise<string | null | undefined> {
    return (await connection.textRows(`SELECT typeof(CAST(NULL AS ${typeToSql(type)}))`))[0]?.[0]
  }
})
