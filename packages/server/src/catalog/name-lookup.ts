/** Which object of the catalog a written name stands for. */
import { defaultSchema, queryError } from '@arbalest/common'
import { nearestWord } from '@arbalest/planner'
import type { QualifiedName } from '../planning/planner.js'
import { qualify, type Catalog, type CatalogEntry } from './catalog.js'

/** The schemas in which a name without one is looked up, in this order. */
export type SearchPath = readonly string[]

/** A session's schema comes first, `main` last. */
export const searchPathOf = (schema: string): SearchPath =>
  schema === defaultSchema ? [defaultSchema] : [schema, defaultSchema]

/** The table or view that the name stands for. @throws QueryError UNKNOWN_SCHEMA for other catalogs */
export function locate(catalog: Catalog, parts: readonly string[], path: SearchPath): CatalogEntry | undefined {
  if (parts.length > 1) return catalog.find(qualify(parts))
  for (const schema of path) {
    const entry = catalog.find(qualify(parts, schema))
    if (entry !== undefined) return entry
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

/** A name as people read it: without the schema `main`. */
export const shownName = ({ schema, name }: QualifiedName): string =>
  schema === defaultSchema ? name : `${schema}.${name}`
