/** The name of what a CREATE statement makes: for everybody, or for its session alone. */
import { queryError, temporaryPrefix } from '@arbalest/common'
import type { ObjectName } from '@arbalest/planner'
import { nameForNew } from '../catalog/name-lookup.js'
import type { QualifiedName } from '../planning/planner.js'
import type { StatementContext } from './statement-context.js'

/** @throws QueryError UNKNOWN_SCHEMA; NOT_ALLOWED for temporary objects outside a session */
export function nameOfNew(
  { name, temporary }: { readonly name: ObjectName; readonly temporary: boolean },
  { catalog, session }: Pick<StatementContext, 'catalog' | 'session'>,
): QualifiedName {
  if (!temporary) return nameForNew(catalog, name, session.schema)
  const [schema] = name.length > 1 ? name.slice(-2) : []
  if (schema !== undefined && schema.toLowerCase() !== 'temp') {
    throw queryError('BINDER_ERROR', { reason: `what is temporary has no schema: leave out ${schema}` })
  }
  if (session.sessionId === undefined) {
    throw queryError('NOT_ALLOWED', { what: 'CREATE TEMP', reason: 'the statement has no session to keep it' })
  }
  session.temporarySchema ??= `${temporaryPrefix}${session.sessionId}`
  return { schema: session.temporarySchema, name: name.at(-1) ?? '' }
}

export const isTemporary = ({ schema }: QualifiedName): boolean => schema.startsWith(temporaryPrefix)

/** @throws QueryError BINDER_ERROR where something for everybody uses what only one session sees */
export function refuseTemporary(what: string, names: readonly QualifiedName[]): void {
  const used = names.find(isTemporary)
  if (used === undefined) return
  throw queryError('BINDER_ERROR', { reason: `${what} is for everybody, ${used.name} is temporary: make it TEMP too` })
}
