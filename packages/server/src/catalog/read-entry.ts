/** What a statement reads of the catalog. */
import type { CatalogEntry } from './catalog.js'
import type { DefinitionEntry } from './definitions.js'

/** Tables and views, macros and types, as they are now: entries are never changed. */
export type ReadEntry = CatalogEntry | DefinitionEntry

/** Entries are never changed: a table whose files have changed has another. */
export const sameEntries = (a: readonly ReadEntry[], b: readonly ReadEntry[]): boolean =>
  a.length === b.length && a.every((entry, at) => entry === b[at])
