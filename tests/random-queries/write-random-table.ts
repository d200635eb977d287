/** Puts a random table into files, and makes it known to plain DuckDB and to the planner. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { quoteLiteral } from '@arbalest/common'
import type { UnfoldDatabase } from '../unfold/unfold-database.js'
import type { RandomTable } from './random-tables.js'

/** More rows than a table may have that every task reads whole, whatever there are. */
const rowsInBooks = 2_000

/** What Parquet has not lies there as text, which the reader casts. */
const isText = (type: string): boolean => type === 'HUGEINT' || type === 'INTERVAL' || type.startsWith('ENUM')

/** Writes the table's files. */
export async function writeRandomTable(database: UnfoldDatabase, table: RandomTable): Promise<void> {
  const { name, columns, rows, fileEnds } = table
  const { connection, directory } = database
  const list = columns.map(({ name: column, type }) => `${column} ${isText(type) ? 'VARCHAR' : type}`)
  await connection.run(`CREATE TEMP TABLE source_${name} (${list.join(', ')})`)
  if (rows.length > 0) {
    await connection.run(`INSERT INTO source_${name} VALUES ${rows.map((row) => `(${row.join(', ')})`).join(', ')}`)
  }
  mkdirSync(join(directory, name))
  const files: string[] = []
  for (const [index, end] of fileEnds.entries()) {
    const file = join(directory, name, `${index}.parquet`)
    const range = `id >= ${fileEnds[index - 1] ?? 0} AND id < ${end}`
    await connection.run(
      `COPY (FROM source_${name} WHERE ${range} ORDER BY id) TO ${quoteLiteral(file)} (FORMAT parquet)`,
    )
    files.push(file)
  }
  await connection.run(`DROP TABLE source_${name}`)
  const texts = columns.filter(({ type }) => isText(type))
  const types = Object.fromEntries(texts.map(({ name: column, type }) => [column, type]))
  await database.addTable({ name, files, ...(texts.length === 0 ? {} : { types }) }, () => rowsInBooks)
}
