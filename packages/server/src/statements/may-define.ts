/** Whether CREATE makes something where there may be one of the name already. */
import { queryError } from '@arbalest/common'
import type { DefinitionRef } from '../catalog/definitions.js'
import { shownName } from '../catalog/name-lookup.js'
import type { StatementContext } from './statement-context.js'

/** False when there is nothing to do. @throws QueryError OBJECT_EXISTS */
export function mayDefine(
  reference: DefinitionRef,
  { orReplace, ifNotExists }: { readonly orReplace: boolean; readonly ifNotExists: boolean },
  { catalog }: StatementContext,
): boolean {
  if (catalog.definitions.find(reference) === undefined || orReplace) return true
  if (ifNotExists) return false
  throw queryError('OBJECT_EXISTS', { name: `${reference.kind} ${shownName(reference.name)}` })
}
