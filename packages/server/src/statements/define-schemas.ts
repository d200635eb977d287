/** CREATE SCHEMA, DROP SCHEMA and USE. */
import { catalogName, defaultSchema, queryError } from '@arbalest/common'
import type { CreateSchemaStatement, DropSchemaStatement, ObjectName, UseStatement } from '@arbalest/planner'
import { viewsOver, type Catalog, type CatalogEntry } from '../catalog/catalog.js'
import { existingSchema, shownName, systemSchemaOf } from '../catalog/name-lookup.js'
import { systemViewNames } from '../catalog/system-views.js'
import type { DefinitionEntry } from '../catalog/definitions.js'
import { removeDefinition } from './define-macros.js'
import type { Session } from '../sessions.js'
import { dropEntry } from './define-objects.js'
import type { StatementContext } from './statement-context.js'

/** Names that DuckDB has in every catalog, or that stand for something else. */
const takenNames = new Set([catalogName, 'information_schema', 'pg_catalog', 'system', 'temp', 'memory'])
/** Schemas that are ours have this prefix. */
const takenPrefix = 'arbalest_'

export function createSchema(statement: CreateSchemaStatement, { catalog }: StatementContext): Promise<void> {
  const name = schemaName(statement.name)
  if (takenNames.has(name.toLowerCase()) || name.toLowerCase().startsWith(takenPrefix)) {
    throw queryError('BINDER_ERROR', { reason: `the name ${name} is taken` })
  }
  return catalog.change(async () => {
    if (catalog.findSchema(name) === undefined) return catalog.putSchema(name)
    if (!statement.ifNotExists) throw queryError('OBJECT_EXISTS', { name: `schema ${name}` })
  })
}

/** With CASCADE what is in it goes too, and the views elsewhere that read it. */
export function dropSchema(statement: DropSchemaStatement, context: StatementContext): Promise<void> {
  const { catalog } = context
  const name = schemaName(statement.name)
  return catalog.change(async () => {
    const schema = statement.ifExists ? catalog.findSchema(name) : existingSchema(catalog, name)
    if (schema === undefined) return
    if (schema === defaultSchema) {
      throw queryError('NOT_ALLOWED', { what: `DROP SCHEMA ${schema}`, reason: 'it is the one that is always there' })
    }
    const inside = entriesOf(catalog, schema)
    const definitions = definitionsOf(catalog, schema)
    const [first] = [...inside, ...definitions]
    if (first !== undefined && !statement.cascade) {
      const reason = `schema ${schema} has ${first.kind} ${shownName(first.name)} in it: drop it first, or add CASCADE`
      throw queryError('BINDER_ERROR', { reason })
    }
    const readers = inside.flatMap((entry) => viewsOver(catalog, entry.name))
    for (const entry of new Set([...readers, ...inside])) await dropEntry(entry, context)
    for (const definition of definitions) await removeDefinition(definition, context)
    catalog.dropSchema(schema)
  })
}

const definitionsOf = (catalog: Catalog, schema: string): readonly DefinitionEntry[] =>
  catalog.definitions.list().filter(({ name }) => name.schema.toLowerCase() === schema.toLowerCase())

const entriesOf = (catalog: Catalog, schema: string): readonly CatalogEntry[] =>
  catalog.list().filter(({ name }) => name.schema.toLowerCase() === schema.toLowerCase())

/** `USE arbalest` goes back to the schema `main`. */
export function use({ name }: UseStatement, { catalog, session }: StatementContext): void {
  const isCatalog = name.length === 1 && name[0]?.toLowerCase() === catalogName
  session.schema = isCatalog ? defaultSchema : existingSchema(catalog, schemaName(name))
}

/** @throws QueryError UNKNOWN_SCHEMA for other catalogs */
function schemaName(parts: ObjectName): string {
  const [catalog] = parts
  if (parts.length > 1 && catalog?.toLowerCase() !== catalogName) {
    throw queryError('UNKNOWN_SCHEMA', { reason: `there is no catalog ${catalog}: this one is ${catalogName}` })
  }
  return parts.at(-1) ?? ''
}

/** What only an ended session saw goes with it. */
export function endSession(
  { temporarySchema }: Session,
  context: Pick<StatementContext, 'catalog' | 'planner'>,
): Promise<void> {
  const { catalog } = context
  if (temporarySchema === undefined) return Promise.resolve()
  return catalog.change(async () => {
    for (const entry of entriesOf(catalog, temporarySchema)) await dropEntry(entry, context)
    for (const definition of definitionsOf(catalog, temporarySchema)) await removeDefinition(definition, context)
    for (const name of systemViewNames) {
      const view = catalog.find({ schema: systemSchemaOf(temporarySchema), name })
      if (view !== undefined) await dropEntry(view, context)
    }
  })
}
