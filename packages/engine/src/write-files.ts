/** Runs a fragment whose rows become files as a user asked for them. */
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { present, quoteIdentifier, quoteLiteral } from '@arbalest/common'
import type { EngineAttempt, FileLayout } from '@arbalest/plan'
import type { Connection } from './database.js'
import type { FailureContext } from './duckdb-errors.js'
import type { WrittenFile } from './write-parquet.js'

/** The files, of which the first one is said to have all rows: the writer does not tell which has which. */
export async function writeFiles(
  connection: Connection,
  { sql, directory }: EngineAttempt,
  layout: FileLayout,
  context: FailureContext,
): Promise<readonly WrittenFile[]> {
  const { format, options, partitionBy } = layout
  const target = partitionBy.length > 0 ? directory : path.join(directory, `part.${format}`)
  const list = [
    `FORMAT ${format}`,
    ...Object.entries(options).map(([name, value]) => `${name} ${value}`),
    ...(partitionBy.length > 0 ? [`PARTITION_BY (${partitionBy.map(quoteIdentifier).join(', ')})`] : []),
  ]
  const rows = await connection.textRows(`COPY (${sql}\n) TO ${quoteLiteral(target)} (${list.join(', ')})`, context)
  const count = Number(present(rows[0]?.[0], 'a written file is counted'))
  const found = await readdir(directory, { withFileTypes: true, recursive: true })
  const names = found.filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .sort()
  return Promise.all(names.map(async (name, at) => {
    const { size } = await stat(path.join(directory, name))
    return { name, file: { partition: 0, rows: at === 0 ? count : 0, bytes: size } }
  }))
}
