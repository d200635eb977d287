/** Keeps the views of `information_schema` that a query reads as the catalog is at that moment. */
import { informationSchema, quoteIdentifier, type Column } from '@arbalest/common'
import type { Planner } from '../planning/planner.js'
import { keyOf, type Catalog, type CatalogEntry } from './catalog.js'
import { isSystemSchema } from './name-lookup.js'
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
    const asked = names.flatMap(({ schema = '', name }) => (
      isSystemSchema(schema) ? [{ schema: schema.toLowerCase(), name: name.toLowerCase() }] : []))
    for (const name of new Map(asked.map((one) => [keyOf(one), one])).values()) {
      const own = name.schema.slice(informationSchema.length + 1) || undefined
      const sql = await systemViewSql(name.name, { catalog, own, columnsOf })
      if (sql === undefined) continue
      await catalog.change(async () => {
        const old = catalog.find(name)
        if (old?.kind === 'view' && old.sql === sql) return
        await planner.putView(name, undefined, sql)
        catalog.put({ kind: 'view', name, sql, columns: undefined, uses: [] })
      })
    }
  }
}
