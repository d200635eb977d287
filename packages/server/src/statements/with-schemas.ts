/** Writes schemas before the names of tables that have none. */
import { queryError, quoteIdentifier } from '@arbalest/common'
import type { ResolvedName } from '../catalog/table-resolver.js'

/**
 * The text with `schema.` before each of these names, so that it means the same wherever it is read.
 * @throws QueryError NOT_IN_THIS_VERSION for names whose place is not known
 */
export function withSchemas(sql: string, names: readonly ResolvedName[]): string {
  let text = sql
  const byPlace = [...names].sort((a, b) => (b.written.position ?? 0) - (a.written.position ?? 0))
  for (const { written, name } of byPlace) {
    if (written.schema !== undefined) continue
    const { position } = written
    if (position === undefined || !isNameAt(sql, position, written.name)) {
      const what = `the name ${written.name} without its schema in a view of another one`
      throw queryError('NOT_IN_THIS_VERSION', { what, instead: `write ${name.schema}.${name.name}` })
    }
    text = `${text.slice(0, position)}${quoteIdentifier(name.schema)}.${text.slice(position)}`
  }
  return text
}

const isNameAt = (sql: string, position: number, name: string): boolean => {
  const here = sql.slice(position).toLowerCase()
  return here.startsWith(name.toLowerCase()) || here.startsWith(quoteIdentifier(name).toLowerCase())
}
