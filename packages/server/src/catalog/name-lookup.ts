/** Which object of the catalog a written name stands for. */
import { defaultSchema, informationSchema, queryError, temporaryPrefix } from '@arbalest/common'
import { nearestWord } from '@arbalest/planner'
import type { QualifiedName } from '../planning/planner.js'
import { qualify, type Catalog, type CatalogEntry } from './catalog.js'
import type { DefinitionEntry, SequenceEntry } from './definitions.js'

/** The schemas in which a name without one is looked up, in this order. */
export type SearchPath = readonly string[]

/** What only the session sees comes first, then its schema, `main` last. */
export function searchPathOf({ schema, temporarySchema }: SessionSchemas): SearchPath {
  const path = schema === defaultSchema ? [defaultSchema] : [schema, defaultSchema]
  return temporarySchema === undefined ? path : [temporarySchema, ...path]
}

/** Where a session looks names up. */
export interface SessionSchemas {
  readonly schema: string
  readonly temporarySchema: string | undefined
}

/** The table or view that the name stands for. @throws QueryError UNKNOWN_SCHEMA for other catalogs */
export function locate(catalog: Catalog, parts: readonly string[], path: SearchPath): CatalogEntry | undefined {
  if (parts.length > 1) return catalog.find(qualify(parts))
  for (const schema of path) {
    const entry = catalog.find(qualify(parts, schema))
    if (entry !== undefined) return entry
  }
  return undefined
}

/** The macro, type or sequence that a name stands for; what stands before it may also be a value whose method it is. */
export function locateDefinition(
  { definitions }: Catalog,
  kind: DefinitionEntry['kind'],
  { schema, name }: { readonly schema: string | undefined; readonly name: string },
  path: SearchPath,
): DefinitionEntry | undefined {
  for (const searched of schema === undefined ? path : [schema, ...path]) {
    const entry = definitions.find({ kind, name: { schema: searched, name } })
    if (entry !== undefined) return entry
  }
  return undefined
}

/** The sequence that one to three identifiers stand for. @throws QueryError UNKNOWN_SCHEMA for other catalogs */
export function locateSequence(
  { definitions }: Catalog,
  parts: readonly string[],
  path: SearchPath,
): SequenceEntry | undefined {
  for (const schema of parts.length > 1 ? [defaultSchema] : path) {
    const entry = definitions.find({ kind: 'sequence', name: qualify(parts, schema) })
    if (entry?.kind === 'sequence') return entry
  }
  return undefined
}

/**
 * The name of what a statement makes: in the schema that is written, else in that of the session.
 * @throws QueryError UNKNOWN_SCHEMA
 */
export function nameForNew(catalog: Catalog, parts: readonly string[], schema: string): QualifiedName {
  const name = qualify(parts, schema)
  return { schema: existingSchema(catalog, name.schema), name: name.name }
}

/** The schema's name as it was first written. @throws QueryError UNKNOWN_SCHEMA */
export function existingSchema(catalog: Catalog, schema: string): string {
  const found = catalog.findSchema(schema)
  if (found !== undefined) return found
  const near = nearestWord(schema, catalog.schemas())
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  throw queryError('UNKNOWN_SCHEMA', { reason: `there is no schema ${schema}${hint}` })
}

/** The schema of `information_schema`'s views as a session sees them: with what is its own alone, if there is any. */
export const systemSchemaOf = (temporarySchema: string | undefined): string =>
  temporarySchema === undefined ? informationSchema : `${informationSchema}_${temporarySchema}`

export const isSystemSchema = (schema: string): boolean => schema.toLowerCase().startsWith(informationSchema)

/** Whether people do not see the name: it is a session's own, or one of `information_schema`. */
export const temporaryOrSystem = ({ schema }: QualifiedName): boolean =>
  schema.startsWith(temporaryPrefix) || isSystemSchema(schema)

/** A name as people read it: without the schema `main`, and without that of a session. */
export const shownName = ({ schema, name }: QualifiedName): string =>
  schema === defaultSchema || schema.startsWith(temporaryPrefix) ? name : `${schema}.${name}`
