/** Keeps the views of `information_schema` that a query reads as the catalog is at that moment. */
import { informationSchema, quoteIdentifier, type Column } from '@arbalest/common'
import type { Planner } from '../planning/planner.js'
import type { Catalog, CatalogEntry } from './catalog.js'
import { systemViewSql } from './system-views.js'

interface WrittenName {
  readonly schema: string | undefined
  readonly name: string
}

export function createSystemViews(
  { catalog, planner }: { readonly catalog: Catalog; readonly planner: Pick<Planner, 'columns' | 'putView'> },
): (names: readonly WrittenName[]) => Promise<void> {
  const columnsOf = async (entry: CatalogEntry): Promise<readonly Column[]> => {
    if (entry.kind === 'table') return entry.source.columns
    const { schema, name } = entry.name
    return planner.columns(`SELECT * FROM ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`).catch(() => [])
  }
  return async (names) => {
    const isSystem = ({ schema }: WrittenName): boolean => schema?.toLowerCase() === informationSchema
    for (const view of new Set(names.filter(isSystem).map(({ name }) => name.toLowerCase()))) {
      const sql = await systemViewSql(view, catalog, columnsOf)
      if (sql === undefined) continue
      const name = { schema: informationSchema, name: view }
      await catalog.change(async () => {
        const old = catalog.find(name)
        if (old?.kind === 'view' && old.sql === sql) return
        await planner.putView(name, undefined, sql)
        catalog.put({ kind: 'view', name, sql, columns: undefined, uses: [] })
      })
    }
  }
}
