/**
 * Small tables with every awkward value, in several files, all of them divided: NULL, NaN, -0.0, numbers
 * of both signs, empty text, emoji, a file without rows in the middle, a table without rows.
 */
import { join } from 'node:path'
import type { UnfoldDatabase } from './unfold-database.js'

/** More rows than a table may have that every task reads whole. */
const dividedRows = 2_000

interface EdgeTable {
  readonly name: string
  readonly sql: string
  /** Rows of each file, by the column `id`. */
  readonly files: readonly (readonly [from: number, to: number])[]
  readonly types?: Readonly<Record<string, string>>
  readonly isEncoded?: boolean
  /** As it stands in the planner's books. */
  readonly rows?: number
}

const words = "['', 'x', 'X', 'é', 'e', '😀', '😀😁', 'n0', 'n1', 'Äpfel']"

const edgeTables: readonly EdgeTable[] = [
  {
    name: 'a',
    sql: `SELECT i::INTEGER AS id, CASE WHEN i % 7 <> 0 THEN i * 37 % 11 - 5 END::INTEGER AS k,
      CASE i % 13 WHEN 1 THEN 'nan'::DOUBLE WHEN 2 THEN '-0.0'::DOUBLE WHEN 3 THEN 0.0 WHEN 4 THEN NULL
        WHEN 5 THEN 'inf'::DOUBLE ELSE (i % 9) / 4.0 END::DOUBLE AS d,
      CASE WHEN i % 11 <> 3 THEN ${words}[i % 10 + 1] END AS s, CASE WHEN i % 5 <> 2 THEN i % 3 = 0 END AS f,
      CASE WHEN i % 17 <> 4 THEN CAST((i - 60) * 1.25 AS DECIMAL(12, 2)) END AS m,
      DATE '2020-01-01' + (i % 40)::INTEGER AS dt, ['lo', 'mid', 'hi'][i % 4 + 1] AS e
      FROM range(150) r(i)`,
    files: [[0, 70], [70, 70], [70, 75], [75, 150]],
    types: { e: "ENUM('hi', 'lo', 'mid')" },
    isEncoded: true,
  },
  {
    name: 'b',
    sql: `SELECT i::BIGINT AS id, CASE WHEN i % 5 <> 0 THEN i % 9 - 4 END::BIGINT AS k,
      CASE i % 8 WHEN 3 THEN 'nan'::DOUBLE WHEN 4 THEN '-0.0'::DOUBLE WHEN 5 THEN 0.0 WHEN 6 THEN NULL
        ELSE (i % 10) / 4.0 END::DOUBLE AS d,
      CASE WHEN i % 6 <> 1 THEN ${words}[i % 9 + 2] END AS s, CAST((i - 20) * 1.25 AS DECIMAL(14, 3)) AS m,
      TIMESTAMP '2020-01-01' + to_hours((i % 20 * 12)::INTEGER) AS ts, i % 2 = 0 AS f
      FROM range(60) r(i)`,
    files: [[0, 31], [31, 60]],
  },
  {
    name: 'c',
    sql: `SELECT i AS id, (i % 6 - 2)::SMALLINT AS k, ['lo', 'mid', 'x'][i::INTEGER % 4 + 1] AS e, i * 1000000007 AS n
      FROM range(12) r(i)`,
    files: [[0, 12]],
  },
  {
    name: 'ty',
    sql: `SELECT i AS id, (i % 5)::UTINYINT AS ut, i % 4 = 0 AS bo, md5((i % 6)::VARCHAR)::UUID AS u,
      encode(${words}[i::INTEGER % 10 + 1]) AS bl, [i % 3, NULL, i % 2] AS l,
      {'p': i % 3, 'q': CASE WHEN i % 4 > 0 THEN 'w' || i % 2 END} AS st, TIME '10:00:00' + to_minutes(i % 3) AS t,
      TIMESTAMPTZ '2020-02-29 12:34:56+00' + to_hours((i % 3)::INTEGER) AS tz, i % 4 AS months,
      (i % 5 - 2) * 0.5::FLOAT AS fl, CASE WHEN i % 3 > 0 THEN (i - 8) * 12345678901234::BIGINT END AS big
      FROM range(40) r(i)`,
    files: [[0, 9], [9, 40]],
  },
  {
    name: 'z',
    sql: `SELECT i::INTEGER AS id, i::INTEGER AS k, 1.5::DOUBLE AS d, 's' AS s, 1.5::DECIMAL(12, 2) AS m
      FROM range(0) r(i)`,
    files: [[0, 0]],
  },
  {
    name: 'nulls',
    sql: 'SELECT i AS id, NULL::INTEGER AS k, NULL::VARCHAR AS s FROM range(5) r(i)',
    files: [[0, 2], [2, 5]],
  },
  {
    name: 'small',
    sql: "SELECT i AS id, i::INTEGER - 2 AS k, 'n' || i AS s FROM range(6) r(i)",
    files: [[0, 6]],
    rows: 6,
  },
]

export async function addEdgeTables(database: UnfoldDatabase): Promise<void> {
  for (const { name, sql, files, types, isEncoded = false, rows } of edgeTables) {
    const paths: string[] = []
    for (const [index, [from, to]] of files.entries()) {
      const path = join(database.directory, `${name}-${index}.parquet`)
      await database.connection.run(
        `COPY (FROM (${sql}) WHERE id >= ${from} AND id < ${to} ORDER BY id) TO '${path}' (FORMAT parquet)`,
      )
      paths.push(path)
    }
    const table = { name, files: paths, isEncoded, ...(types === undefined ? {} : { types }) }
    await database.addTable(table, () => rows ?? dividedRows)
  }
}
