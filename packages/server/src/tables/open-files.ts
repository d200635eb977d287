/** Some files of a managed table, as a table that one statement reads. */
import { randomBytes } from 'node:crypto'
import { defaultSchema, simpleType } from '@arbalest/common'
import { fileTablePrefix } from '../catalog/catalog.js'
import type { QualifiedName } from '../planning/planner.js'
import type { StatementContext } from '../statements/statement-context.js'
import type { ManagedEntry } from './commit-version.js'
import type { ManagedFile } from './managed-table.js'
import { entryOf } from './table-entry.js'

export interface OpenFiles {
  readonly name: QualifiedName
  /** Nobody can name it any more. */
  close(): Promise<void>
}

/** With `pathColumn` the rows have one more column of that name: the path of their file. */
export async function openFiles(
  { managed }: ManagedEntry,
  files: readonly ManagedFile[],
  { catalog, planner }: StatementContext,
  pathColumn?: string,
): Promise<OpenFiles> {
  const name = { schema: defaultSchema, name: `${fileTablePrefix}${randomBytes(12).toString('hex')}` }
  const plain = entryOf(name, { ...managed, files })
  const entry = pathColumn === undefined ? plain : withPathColumn(plain, pathColumn)
  await planner.putTable(entry)
  catalog.put(entry)
  return {
    name,
    async close() {
      catalog.drop(name)
      await planner.dropTable(name)
    },
  }
}

function withPathColumn(entry: ReturnType<typeof entryOf>, pathColumn: string): ReturnType<typeof entryOf> {
  const { source } = entry
  const columns = [...source.columns, { name: pathColumn, type: simpleType('VARCHAR') }]
  const reader = { ...source.reader, options: { ...source.reader.options, filename: `'${pathColumn}'` } }
  return { ...entry, reader, source: { ...source, columns, reader } }
}
