/** Macros, types and sequences of the catalog, by kind and name: each kind has names of its own. */
import type { MacroDefinition, SequenceOptions } from '@arbalest/planner'
import type { QualifiedName } from '../planning/planner.js'

export interface MacroEntry {
  readonly kind: 'macro'
  readonly name: QualifiedName
  /** All that stands after the name in CREATE MACRO. */
  readonly text: string
  readonly definitions: readonly MacroDefinition[]
  /** Tables and views that it reads, directly. */
  readonly uses: readonly QualifiedName[]
  /** Macros that it calls, types and sequences that it names. */
  readonly needs: readonly DefinitionRef[]
}

export interface TypeEntry {
  readonly kind: 'type'
  readonly name: QualifiedName
  /** DuckDB's name of it, written out. */
  readonly type: string
}

export interface SequenceEntry {
  readonly kind: 'sequence'
  readonly name: QualifiedName
  /** Another sequence of the name has another. */
  readonly id: string
  readonly options: SequenceOptions
  /** The last value that it gave: a whole number; undefined before the first. */
  readonly last: string | undefined
}

export type DefinitionEntry = MacroEntry | TypeEntry | SequenceEntry

export interface DefinitionRef {
  readonly kind: DefinitionEntry['kind']
  readonly name: QualifiedName
}

export interface Definitions {
  find(reference: DefinitionRef): DefinitionEntry | undefined
  put(entry: DefinitionEntry): void
  drop(reference: DefinitionRef): void
  /** Sorted by kind and name. */
  list(): readonly DefinitionEntry[]
}

/** Tells definitions apart. */
export const definitionKey = ({ kind, name }: DefinitionRef): string =>
  `${kind} ${name.schema}.${name.name}`.toLowerCase()

export function createDefinitions(): Definitions {
  const entries = new Map<string, DefinitionEntry>()
  return {
    find: (reference) => entries.get(definitionKey(reference)),
    put: (entry) => void entries.set(definitionKey(entry), entry),
    drop: (reference) => void entries.delete(definitionKey(reference)),
    list: () => [...entries.values()].sort((a, b) => (definitionKey(a) < definitionKey(b) ? -1 : 1)),
  }
}
