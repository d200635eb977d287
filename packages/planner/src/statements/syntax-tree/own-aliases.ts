/**
 * Tables of the same name and of different schemas in one FROM get aliases of their own, so that other tables may
 * stand in their place: `FROM a.t, b.t` can be told apart by schemas alone.
 *   SELECT a.t.x FROM a.t, b.t  ->  SELECT "a.t".x FROM a.t AS "a.t", b.t AS "b.t"
 */
import type { DuckdbJson } from '../../duckdb-json.js'
import { isTreeNode, listOf, textOf, visitNodes, withFields, type TreeNode } from './tree-node.js'

/** The schemas in which the tables of a tree were found; nodes of WITH queries are not among them. */
export type FoundSchemas = ReadonlyMap<TreeNode, string>

/** What is known of `schema.table` in a query: its alias, or that it has none. */
type Aliases = ReadonlyMap<string, string | undefined>

/** Whether a tree names tables alike but for their schemas: mostly none does. */
export function hasSameNames(root: TreeNode): boolean {
  const schemas = new Map<string, string>()
  let found = false
  visitNodes(root, (node) => {
    if (node['type'] !== 'BASE_TABLE' || textOf(node, 'alias') !== '') return
    const name = textOf(node, 'table_name').toLowerCase()
    const schema = textOf(node, 'schema_name').toLowerCase()
    found ||= schemas.has(name) && schemas.get(name) !== schema
    schemas.set(name, schema)
  })
  return found
}

/** Gives the value itself when nothing changes. */
export function withOwnAliases(value: DuckdbJson, schemas: FoundSchemas, outer: Aliases = new Map()): DuckdbJson {
  if (Array.isArray(value)) {
    const mapped = value.map((element: DuckdbJson) => withOwnAliases(element, schemas, outer))
    return mapped.some((element, at) => element !== value[at]) ? mapped : value
  }
  if (!isTreeNode(value)) return value
  const aliases = value['type'] === 'SELECT_NODE' ? aliasesWithin(value, schemas, outer) : outer
  const changed = new Map<string, DuckdbJson>()
  for (const field in value) {
    const part = value[field] as DuckdbJson
    if (typeof part !== 'object' || part === null) continue
    const mapped = withOwnAliases(part, schemas, aliases)
    if (mapped !== part) changed.set(field, mapped)
  }
  return renamed(withFields(value, changed), { schema: schemas.get(value), aliases })
}

function aliasesWithin(select: TreeNode, schemas: FoundSchemas, outer: Aliases): Aliases {
  const tables = tablesOfFrom(select['from_table'])
  const names = tables.map((table) => (textOf(table, 'alias') || textOf(table, 'table_name')).toLowerCase())
  const found = tables.flatMap((table, at): readonly (readonly [string, string | undefined])[] => {
    const schema = schemas.get(table)
    if (schema === undefined || textOf(table, 'alias') !== '') return []
    const isAlone = names.indexOf(names[at] ?? '') === names.lastIndexOf(names[at] ?? '')
    const name = textOf(table, 'table_name')
    return [[keyOf(schema, name), isAlone ? undefined : `${schema}.${name}`]]
  })
  return found.length === 0 ? outer : new Map([...outer, ...found])
}

/** What stands beside each other in a FROM. */
function tablesOfFrom(from: DuckdbJson | undefined): readonly TreeNode[] {
  if (!isTreeNode(from)) return []
  return from['type'] === 'JOIN' ? [...tablesOfFrom(from['left']), ...tablesOfFrom(from['right'])] : [from]
}

const keyOf = (schema: string, table: string): string => JSON.stringify([schema.toLowerCase(), table.toLowerCase()])

function renamed(
  node: TreeNode,
  { schema: found, aliases }: { readonly schema: string | undefined; readonly aliases: Aliases },
): TreeNode {
  if (found !== undefined) {
    const alias = textOf(node, 'alias') === '' ? aliases.get(keyOf(found, textOf(node, 'table_name'))) : undefined
    return alias === undefined ? node : { ...node, alias }
  }
  if (node['class'] === 'COLUMN_REF') {
    const names = listOf(node, 'column_names')
    for (const skip of [1, 2]) {
      const [schema, table] = [names[skip - 1], names[skip]]
      if (typeof schema !== 'string' || typeof table !== 'string' || names.length < skip + 2) continue
      const alias = aliases.get(keyOf(schema, table))
      if (alias !== undefined) return { ...node, column_names: [alias, ...names.slice(skip + 1)] }
    }
    return node
  }
  const { schema, table, column } = node
  if (typeof schema !== 'string' || typeof table !== 'string' || typeof column !== 'string') return node
  const alias = aliases.get(keyOf(schema, table))
  return alias === undefined ? node : { ...node, catalog: '', schema: '', table: alias }
}
