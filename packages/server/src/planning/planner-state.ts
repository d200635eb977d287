/** What the planner knows: tables, views, macros, types and sequences, by schema and name. */
import { catalogName, defaultSchema, dialectSchema } from '@arbalest/common'
import type { PlanningInstance } from '@arbalest/engine'
import type { TableSource } from '@arbalest/plan'
import type { PlannedMacro, PlannedTable, QualifiedName } from './planner.js'
import type { SyntaxTrees } from './syntax-trees.js'

/** What texts are read with. */
export interface PlanningRoom {
  readonly instance: PlanningInstance
  readonly trees: SyntaxTrees
}

export interface KnownTable {
  readonly name: QualifiedName
  readonly source: TableSource
  readonly sourceId: string
}

export interface KnownView {
  readonly name: QualifiedName
  readonly columns: readonly string[] | undefined
  readonly sql: string
}

export type KnownMacro = PlannedMacro

export interface KnownType {
  readonly name: QualifiedName
  /** DuckDB's name of it, written out. */
  readonly type: string
}

export interface KnownSequence {
  readonly name: QualifiedName
}

export interface PlannerState extends PlanningRoom {
  readonly tables: ReadonlyMap<string, KnownTable>
  readonly views: ReadonlyMap<string, KnownView>
  readonly macros: ReadonlyMap<string, KnownMacro>
  readonly types: ReadonlyMap<string, KnownType>
  readonly sequences: ReadonlyMap<string, KnownSequence>
  /** By the path of the stub file that stands for a table in plans. */
  readonly stubs: ReadonlyMap<string, KnownTable>
  /** As `Planner.putTable` and `dropTable`. */
  putTable(table: PlannedTable): Promise<void>
  dropTable(name: QualifiedName): Promise<void>
}

/** What all of them are known by. */
export const keyOf = (schema: string, name: string): string => `${schema}.${name}`.toLowerCase()

/** The path without schemas that have nothing in them, which the planning DuckDB need not have, and with ours. */
export function knownPath(
  { tables, views, macros, types, sequences }: PlannerState,
  path: readonly string[],
): readonly string[] {
  const known = new Set<string>()
  for (const kind of [tables, views, macros, types, sequences]) {
    for (const { name } of kind.values()) known.add(name.schema.toLowerCase())
  }
  return [...path.filter((schema) => schema === defaultSchema || known.has(schema.toLowerCase())), dialectSchema]
}

/** The view or table that a name stands for, as DuckDB finds it. */
export function lookUp(
  { tables, views }: PlannerState,
  { schema, name }: { readonly schema: string | undefined; readonly name: string },
  path: readonly string[],
): { readonly view?: KnownView | undefined; readonly table?: KnownTable | undefined } {
  const isCatalog = schema?.toLowerCase() === catalogName
  for (const searched of schema === undefined ? path : [isCatalog ? defaultSchema : schema]) {
    const key = keyOf(searched, name)
    const found = { view: views.get(key), table: tables.get(key) }
    if (found.view !== undefined || found.table !== undefined) return found
  }
  return {}
}
