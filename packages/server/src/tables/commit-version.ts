/** A new version of a managed table becomes the current one: in one step, over the version it was made from. */
import { queryError } from '@arbalest/common'
import type { ObjectName } from '@arbalest/planner'
import type { TableEntry } from '../catalog/catalog.js'
import { locate, searchPathOf } from '../catalog/name-lookup.js'
import type { QualifiedName } from '../planning/planner.js'
import type { StatementContext } from '../statements/statement-context.js'
import type { ManagedTable } from './managed-table.js'
import { entryOf } from './table-entry.js'
import { publishEntry } from './publish-entry.js'

export interface ManagedEntry extends TableEntry {
  readonly managed: ManagedTable
}

/** The table that a statement names. @throws QueryError UNKNOWN_TABLE */
export function writableTable(parts: ObjectName, { catalog, session }: StatementContext): QualifiedName {
  const entry = locate(catalog, parts, searchPathOf(session))
  if (entry === undefined) throw queryError('UNKNOWN_TABLE', { reason: `there is no table ${parts.join('.')}` })
  return entry.name
}

/**
 * The table as it is now.
 * @throws QueryError UNKNOWN_TABLE; BINDER_ERROR for what no statement may write to
 */
export function managedTable(name: QualifiedName, { catalog }: Pick<StatementContext, 'catalog'>): ManagedEntry {
  const entry = catalog.find(name)
  if (entry === undefined) throw queryError('UNKNOWN_TABLE', { reason: `there is no table ${name.name}` })
  if (entry.kind !== 'table') throw queryError('BINDER_ERROR', { reason: `${name.name} is a view: it has no rows` })
  const { managed } = entry
  if (managed === undefined) {
    const reason = `${name.name} is an external table: its files belong to others and are only read`
    throw queryError('BINDER_ERROR', { reason })
  }
  return { ...entry, managed }
}

/** What a change makes of the version that is current; undefined where it no longer fits. */
export type VersionChange = (current: ManagedTable) => ManagedTable | undefined

/**
 * False where the change no longer fits: the statement is to be run again over the current version.
 * @throws QueryError UNKNOWN_TABLE when the table was dropped or replaced meanwhile
 */
export function commitVersion(
  name: QualifiedName,
  tableId: string,
  change: VersionChange,
  context: StatementContext,
): Promise<boolean> {
  const { catalog, resolver } = context
  return catalog.change(async () => {
    const { managed } = managedTable(name, context)
    if (managed.tableId !== tableId) {
      throw queryError('UNKNOWN_TABLE', { reason: `the table ${name.name} was replaced by another one meanwhile` })
    }
    const next = change(managed)
    if (next === undefined) return false
    const entry = entryOf(name, { ...next, revision: managed.revision + 1 })
    await publishEntry(entry, context)
    if (next.schemaRevision !== managed.schemaRevision) await resolver.redefineViews(name)
    return true
  })
}
