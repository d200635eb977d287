/**
 * The tables that the files of `suite` read: Parquet files with several row groups, large enough to be divided.
 * They hold NULLs, NaN, -0.0, infinities, empty texts, hot and rare keys, and every kind of type.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'

/** The environment variable that the files require: the directory of the tables. */
export const suiteTablesVariable = 'SUITE_TABLES'

interface SuiteTable {
  readonly name: string
  readonly files: number
  readonly rowsPerFile: number
  /** Over `i`, the number of the row in the whole table. */
  readonly columns: string
}

const tables: readonly SuiteTable[] = [
  {
    name: 'facts',
    files: 3,
    rowsPerFile: 4096,
    columns: `i AS id,
      CASE WHEN i % 13 = 0 THEN NULL ELSE (i * 7919 % 50)::INTEGER END AS k,
      CASE WHEN i % 11 = 0 THEN NULL WHEN i % 17 = 0 THEN '' ELSE 's' || (i * 31 % 20) END AS s,
      CASE WHEN i % 101 = 0 THEN 'NaN'::DOUBLE WHEN i % 103 = 0 THEN '-0.0'::DOUBLE WHEN i % 107 = 0 THEN 0.0
        WHEN i % 109 = 0 THEN 'Infinity'::DOUBLE WHEN i % 7 = 0 THEN NULL ELSE (i % 64) / 4 END AS d,
      ((i * 37 % 10007) / 100)::DECIMAL(12, 2) AS m,
      DATE '2024-01-01' + (i % 60)::INTEGER AS dt,
      TIMESTAMP '2024-01-01 00:00:00' + to_seconds(i * 613 % 100000) AS ts,
      CASE WHEN i % 5 = 0 THEN NULL ELSE i % 3 = 0 END AS f,
      ['red', 'green', 'blue'][1 + i % 3]::VARCHAR AS c`,
  },
  {
    name: 'others',
    files: 2,
    rowsPerFile: 2048,
    columns: `i * 3 AS id,
      CASE WHEN i % 19 = 0 THEN NULL ELSE (i * 104729 % 70)::INTEGER END AS k,
      CASE WHEN i % 23 = 0 THEN NULL ELSE 's' || (i % 25) END AS s,
      (i % 100 - 50)::SMALLINT AS v, (i * 7 % 1000 / 8)::DOUBLE AS d, DATE '2024-01-15' + (i % 90)::INTEGER AS dt`,
  },
  {
    name: 'lots',
    files: 2,
    rowsPerFile: 30_000,
    columns: 'i AS id, i % 10007 AS k, (i * i % 100003)::INTEGER AS v',
  },
  {
    name: 'dims',
    files: 1,
    rowsPerFile: 12,
    columns: `CASE WHEN i = 11 THEN NULL ELSE (i * 5)::INTEGER END AS k, 'dim ' || i AS name, i % 2 = 0 AS f`,
  },
  {
    name: 'typed',
    files: 2,
    rowsPerFile: 2500,
    columns: `i AS id, (i % 100)::TINYINT AS ti, (i * 3 % 20000)::SMALLINT AS si, (i % 200)::UTINYINT AS ut,
      (i * 7)::UBIGINT AS ub, (i::HUGEINT * 100000000000000000000) AS hu, (i / 3)::FLOAT AS fl,
      (i % 1000 / 7)::DECIMAL(30, 10) AS de, ('v' || i % 9)::BLOB AS bl,
      TIME '00:00:00' + to_seconds(i % 80000) AS tm, TIMESTAMPTZ '2024-03-01 00:00:00+00' + to_minutes(i) AS tz,
      to_days((i % 40)::INTEGER) AS iv, ('00000000-0000-0000-0000-' || lpad(to_hex(i % 77), 12, '0'))::UUID AS uu,
      CASE WHEN i % 9 = 0 THEN NULL ELSE [i % 5, i % 3, NULL] END AS li, {'a': i % 4, 'b': 'x' || i % 3} AS st,
      MAP {'p': i % 6, 'q': i} AS ma, [i % 2, i % 3, 7]::INTEGER[3] AS ar,
      ('{"n": ' || i % 8 || ', "t": ["u", ' || i || ']}')::VARCHAR AS js`,
  },
]

/** Writes them below the directory, each in one of its own. */
export async function makeSuiteTables(directory: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  for (const { name, files, rowsPerFile, columns } of tables) {
    await mkdir(join(directory, name), { recursive: true })
    for (let file = 0; file < files; file++) {
      const rows = `range(${file * rowsPerFile}, ${(file + 1) * rowsPerFile}) r(i)`
      const path = join(directory, name, `${file}.parquet`)
      await connection.run(`COPY (SELECT ${columns} FROM ${rows}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`)
    }
  }
  connection.closeSync()
  instance.closeSync()
}
