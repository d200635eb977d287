/** Writes schemas before the names of tables and sequences that have none. */
import { queryError, quoteIdentifier, quoteLiteral } from '@arbalest/common'
import { editText, nextToken, type TextEdit } from '@arbalest/planner'
import type { ResolvedName, ResolvedSequence } from '../catalog/table-resolver.js'

/**
 * The text with `schema.` before each of these names, so that it means the same wherever it is read.
 * @throws QueryError NOT_IN_THIS_VERSION for names whose place is not known
 */
export function withSchemas(
  sql: string,
  names: readonly ResolvedName[],
  sequences: readonly ResolvedSequence[] = [],
): string {
  const edits = [
    ...names.flatMap((name) => editOfName(sql, name)),
    ...sequences.flatMap((sequence) => editOfSequence(sql, sequence)),
  ]
  return editText(sql, edits.sort((a, b) => a.start - b.start)).text
}

function editOfName(sql: string, { written, name }: ResolvedName): readonly TextEdit[] {
  if (written.schema !== undefined) return []
  const { position } = written
  if (position === undefined || !isNameAt(sql, position, written.name)) {
    const what = `the name ${written.name} without its schema in a view of another one`
    throw queryError('NOT_IN_THIS_VERSION', { what, instead: `write ${name.schema}.${name.name}` })
  }
  return [{ start: position, end: position, text: `${quoteIdentifier(name.schema)}.` }]
}

/** The name stands in a string. */
function editOfSequence(sql: string, { written, name }: ResolvedSequence): readonly TextEdit[] {
  const { parts, position } = written
  if (parts.length > 1) return []
  const token = position === undefined ? undefined : nextToken(sql, position)
  if (token?.kind !== 'string' || token.start !== position) {
    const what = `the sequence ${name.name} without its schema`
    throw queryError('NOT_IN_THIS_VERSION', { what, instead: `write '${name.schema}.${name.name}'` })
  }
  const full = `${quoteIdentifier(name.schema)}.${quoteIdentifier(name.name)}`
  return [{ start: token.start, end: token.end, text: quoteLiteral(full) }]
}

const isNameAt = (sql: string, position: number, name: string): boolean => {
  const here = sql.slice(position).toLowerCase()
  return here.startsWith(name.toLowerCase()) || here.startsWith(quoteIdentifier(name).toLowerCase())
}
