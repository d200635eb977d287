/** CREATE SEQUENCE, and what hinders its end. */
import { randomUUID } from 'node:crypto'
import { queryError } from '@arbalest/common'
import type { CreateSequenceStatement } from '@arbalest/planner'
import { keyOf, type Catalog } from '../catalog/catalog.js'
import { existingSchema, shownName } from '../catalog/name-lookup.js'
import { sequenceSql } from '../catalog/sequence-sql.js'
import type { QualifiedName } from '../planning/planner.js'
import { mayDefine } from './may-define.js'
import { isTemporary, nameOfNew } from './new-name.js'
import type { StatementContext } from './statement-context.js'

/** @throws QueryError OBJECT_EXISTS; SYNTAX_ERROR for options that contradict each other */
export function createSequence(statement: CreateSequenceStatement, context: StatementContext): Promise<void> {
  const { catalog, planner } = context
  const name = nameOfNew(statement, context)
  return catalog.change(async () => {
    if (!isTemporary(name)) existingSchema(catalog, name.schema)
    if (!mayDefine({ kind: 'sequence', name }, statement, context)) return
    refuseDependents(name, catalog)
    await planner.putSequence(name, sequenceSql(statement.options))
    const { options } = statement
    catalog.definitions.put({ kind: 'sequence', name, id: randomUUID(), options, last: undefined })
  })
}

/** @throws QueryError BINDER_ERROR where the default of a column asks the sequence */
export function refuseDependents(name: QualifiedName, catalog: Catalog): void {
  for (const entry of catalog.list()) {
    const columns = entry.kind === 'table' ? entry.managed?.columns ?? [] : []
    const user = columns.find(({ sequences = [] }) => sequences.some((used) => keyOf(used) === keyOf(name)))
    if (user === undefined) continue
    const column = `${shownName(entry.name)}.${user.name}`
    const reason = `the default of ${column} asks sequence ${shownName(name)}: drop it first`
    throw queryError('BINDER_ERROR', { reason })
  }
}
