/** Tables that stand for files named in queries: made when first named, kept while they are used. */
import { createHash } from 'node:crypto'
import {
  defaultSchema, limits, parseDataType, queryError, quoteLiteral, typeToSql, type Column,
} from '@arbalest/common'
import type { FileReference, Planner, QualifiedName } from '../planning/planner.js'
import { fileTablePrefix, type Catalog, type TableEntry, type TableToInspect } from './catalog.js'
import { readerOptions } from './reader-options.js'

export interface FileTables {
  /** @throws QueryError what inspection throws, UNKNOWN_SETTING and INVALID_SETTING for the options */
  tableOf(reference: FileReference, signal: AbortSignal): Promise<QualifiedName>
}

export interface FileTablesParts {
  inspectNew(table: TableToInspect, signal: AbortSignal): Promise<TableEntry>
  absolute(location: string): string
  readonly catalog: Catalog
  readonly planner: Planner
}

const declaredOption = 'columns'

/** The option of a reader that has it look for these columns. */
export const declaringOption = (columns: readonly Column[]): string => {
  const names = columns.map(({ name, type }) => [name, typeToSql(type)])
  return `${declaredOption} = ${quoteLiteral(JSON.stringify(names))}`
}

/** @throws QueryError INVALID_SETTING */
function declaredBy(text: string | undefined): readonly Column[] | undefined {
  if (text === undefined) return undefined
  try {
    return (JSON.parse(text) as readonly (readonly [string, string])[])
      .map(([name, type]) => ({ name, type: parseDataType(type) }))
  } catch (cause) {
    const reason = 'CREATE EXTERNAL TABLE declares columns and types'
    throw queryError('INVALID_SETTING', { name: declaredOption, value: text, reason }, { cause })
  }
}

export function createFileTables({ catalog, planner, inspectNew, absolute }: FileTablesParts): FileTables {
  /** By what was named, the longest unused first. */
  const tables = new Map<string, QualifiedName>()

  const forgetUnused = async (): Promise<void> => {
    const views = catalog.list().flatMap((entry) => (entry.kind === 'view' ? [entry] : []))
    const used = new Set(views.flatMap(({ uses }) => uses.map(({ name }) => name)))
    for (const [text, name] of tables) {
      if (tables.size <= limits.fileTablesMax) return
      if (used.has(name.name)) continue
      tables.delete(text)
      catalog.drop(name)
      await planner.dropTable(name)
    }
  }

  return {
    async tableOf(reference, signal) {
      const locations = reference.paths.map(absolute)
      const { [declaredOption]: declared, ...options } = reference.options
      const reader = readerOptions(reference.format, options, [])
      const text = JSON.stringify([locations, reader, declared])
      const known = tables.get(text)
      if (known !== undefined && catalog.find(known) !== undefined) {
        tables.delete(text)
        tables.set(text, known)
        return known
      }
      const digest = createHash('sha256').update(text).digest('hex').slice(0, 24)
      const name = { schema: defaultSchema, name: `${fileTablePrefix}${digest}` }
      const table = { name, locations, reader, declaredColumns: declaredBy(declared), partitionTypes: [] }
      const entry = await inspectNew(table, signal)
      await planner.putTable(entry)
      catalog.put(entry)
      tables.set(text, name)
      await forgetUnused()
      return name
    },
  }
}
