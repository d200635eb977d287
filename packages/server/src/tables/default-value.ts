/** The default of a column, as it is kept with its table. */
import type { TextPiece } from '@arbalest/planner'
import { searchPathOf, shownName } from '../catalog/name-lookup.js'
import type { QualifiedName } from '../planning/planner.js'
import { movedBy } from '../statements/error-place.js'
import { isTemporary, refuseTemporary } from '../statements/new-name.js'
import type { StatementContext } from '../statements/statement-context.js'
import { withSchemas } from '../statements/with-schemas.js'
import type { ManagedColumn } from './managed-table.js'

type KeptDefault = Pick<ManagedColumn, 'defaultValue' | 'defaultText' | 'sequences'>

const expressionStart = 'SELECT ('
const expressionEnd = '\n)'

/**
 * Sequences get their schemas written before them: the text is put into statements of any session.
 * @throws QueryError UNKNOWN_OBJECT; BINDER_ERROR where a table for everybody asks a temporary sequence
 */
export async function keptDefault(
  value: TextPiece | undefined,
  table: QualifiedName,
  context: StatementContext,
): Promise<KeptDefault> {
  // Most defaults are constants.
  if (value === undefined || !/nextval|currval/i.test(value.sql)) return { defaultValue: value?.sql }
  const { resolver, session, signal } = context
  const text = `${expressionStart}${value.sql}${expressionEnd}`
  const { sequences } = await resolver.resolve(text, searchPathOf(session), signal).catch((thrown: unknown) => {
    throw movedBy(value.sqlStart - expressionStart.length, thrown)
  })
  const names = sequences.map(({ name }) => name)
  if (!isTemporary(table)) refuseTemporary(`table ${shownName(table)}`, names)
  const defaultValue = withSchemas(text, [], sequences).slice(expressionStart.length, -expressionEnd.length)
  return { defaultValue, defaultText: value.sql, sequences: names }
}
