/** Tables that benchmarks make for themselves, as Parquet files in a directory that goes with them. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { quoteLiteral } from '@arbalest/common'

export interface GeneratedTable {
  readonly directory: string
  readonly file: string
  remove(): Promise<void>
}

/** `query` sees `range(rows)` as the table `series` with the column `i`. */
export async function generateTable(name: string, query: string, rows: number): Promise<GeneratedTable> {
  const directory = await mkdtemp(join(tmpdir(), 'arbalest-bench-'))
  const file = join(directory, `${name}.parquet`)
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const series = `WITH series AS (SELECT range AS i FROM range(${rows}))`
    await connection.run(`COPY (${series} ${query}) TO ${quoteLiteral(file)} (FORMAT parquet)`)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
  return { directory, file, remove: () => rm(directory, { recursive: true, force: true }) }
}

export interface GeneratedFiles {
  readonly directory: string
  /** The directory of the table's files. */
  readonly location: string
  remove(): Promise<void>
}

/** As `generateTable`, `series` being that of each file. */
export async function generateFiles(
  name: string,
  query: string,
  { files, rowsPerFile }: { readonly files: number; readonly rowsPerFile: number },
): Promise<GeneratedFiles> {
  const directory = await mkdtemp(join(tmpdir(), 'arbalest-bench-'))
  const location = join(directory, name)
  await mkdir(location)
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    for (let file = 0; file < files; file++) {
      const first = file * rowsPerFile
      const series = `WITH series AS (SELECT range AS i FROM range(${first}, ${first + rowsPerFile}))`
      const path = join(location, `part-${String(file).padStart(6, '0')}.parquet`)
      await connection.run(`COPY (${series} ${query}) TO ${quoteLiteral(path)} (FORMAT parquet)`)
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
  return { directory, location, remove: () => rm(directory, { recursive: true, force: true }) }
}
