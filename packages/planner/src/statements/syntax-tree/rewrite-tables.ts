/** Puts other tables, or the queries of views, in the place of a query's table references. */
import type { DuckdbJson } from '../../duckdb-json.js'
import { mapTables, type CteScope } from './map-tables.js'
import type { SyntaxTree } from './syntax-tree.js'
import { implicitAlias, readTableReference, type TableReference } from './table-reference.js'
import { hasSameNames, withOwnAliases, type FoundSchemas } from './own-aliases.js'
import { isTreeNode, listOf, mapNodes, textOf, type TreeNode } from './tree-node.js'

/**
 * What stands for a reference: a table of the engine's schema `main`, or a query. `schema` is where the
 * reference was found, unless that is as written or `main`.
 */
export type Replacement =
  | { readonly kind: 'table'; readonly name: string; readonly schema?: string }
  /** The view's own references must have been rewritten before. */
  | { readonly kind: 'view'; readonly tree: SyntaxTree; readonly schema?: string }

/** Gives what stands for a reference; undefined leaves it as it is. */
export type ResolveTable = (reference: TableReference) => Replacement | undefined

/**
 * A tree in which every reference is replaced by what `resolve` gives for it.
 *   FROM lineitem               ->  FROM t7 AS lineitem
 *   FROM 'x/a.parquet' AS f     ->  FROM t8 AS f
 *   FROM v AS w(a, b)           ->  FROM (SELECT …) AS w(a, b)
 * Columns keep their names and qualifiers, `main.lineitem.l_tax` becomes `lineitem.l_tax`. A WITH
 * query of the same name as a replacement does not capture it.
 */
export function rewriteTables(tree: SyntaxTree, resolve: ResolveTable): SyntaxTree {
  const qualifiers = new Set<string>()
  const original = hasSameNames(tree.root) ? withOwnAliases(tree.root, schemasOf(tree, resolve)) : tree.root
  const tables = mapTables(original, (node, scope) => {
    const reference = readTableReference(tree, node)
    const replacement = reference && resolve(reference)
    if (!reference || !replacement) return node
    const alias = textOf(node, 'alias')
    if (alias === '' && reference.kind === 'name') {
      qualifiers.add(qualifier(replacement.schema ?? reference.schema ?? 'main', reference.name))
    }
    const as = alias === '' ? implicitAlias(reference) : alias
    return replacement.kind === 'table'
      ? tableNode(node, { name: replacement.name, alias: as, scope })
      : viewNode(node, { tree: replacement.tree, alias: as, scope })
  })
  const root = mapNodes(tables, (node) => withoutSchema(node, qualifiers))
  return isTreeNode(root) ? { ...tree, root } : tree
}

function schemasOf(tree: SyntaxTree, resolve: ResolveTable): FoundSchemas {
  const schemas = new Map<TreeNode, string>()
  mapTables(tree.root, (node) => {
    const reference = readTableReference(tree, node)
    const replacement = reference?.kind === 'name' ? resolve(reference) : undefined
    if (reference?.kind !== 'name' || replacement === undefined) return node
    schemas.set(node, replacement.schema ?? reference.schema ?? 'main')
    return node
  })
  return schemas
}

/** Within a WITH query of that name only the schema reaches the table. */
const schemaWithin = (scope: CteScope, name: string): string =>
  scope.has(name.toLowerCase()) ? 'main' : ''

function tableNode(
  node: TreeNode,
  to: { readonly name: string; readonly alias: string; readonly scope: CteScope },
): TreeNode {
  return {
    type: 'BASE_TABLE',
    alias: to.alias,
    sample: node['sample'] ?? null,
    query_location: node['query_location'] ?? null,
    schema_name: schemaWithin(to.scope, to.name),
    table_name: to.name,
    column_name_alias: listOf(node, 'column_name_alias'),
    catalog_name: '',
    at_clause: null,
  }
}

function viewNode(
  node: TreeNode,
  to: { readonly tree: SyntaxTree; readonly alias: string; readonly scope: CteScope },
): TreeNode {
  const [statement] = listOf(to.tree.root, 'statements')
  return {
    type: 'SUBQUERY',
    alias: to.alias,
    sample: node['sample'] ?? null,
    query_location: node['query_location'] ?? null,
    subquery: mapTables(statement ?? null, (inner) => outOfReach(inner, to.scope)),
    column_name_alias: listOf(node, 'column_name_alias'),
  }
}

/** A view's table must not be captured by a WITH query around the view. */
function outOfReach(node: TreeNode, scope: CteScope): TreeNode {
  if (node['type'] !== 'BASE_TABLE' || textOf(node, 'schema_name') !== '') return node
  const schema = schemaWithin(scope, textOf(node, 'table_name'))
  if (schema === '') return node
  const alias = textOf(node, 'alias') || textOf(node, 'table_name')
  return { ...node, schema_name: schema, alias }
}

/** `schema.table` of a replaced reference without alias, in lower case. */
const qualifier = (schema: string, table: string): string =>
  JSON.stringify([schema.toLowerCase(), table.toLowerCase()])

/** Columns are reached through the alias now, which has no schema. */
function withoutSchema(node: TreeNode, qualifiers: ReadonlySet<string>): TreeNode {
  if (node['class'] === 'COLUMN_REF') {
    const names = listOf(node, 'column_names')
    const shortened = withoutSchemaNames(names, qualifiers)
    return shortened === names ? node : { ...node, column_names: shortened }
  }
  const { schema, table, column } = node
  const isQualifiedColumn =
    typeof schema === 'string' && typeof table === 'string' && typeof column === 'string'
  if (!isQualifiedColumn || !qualifiers.has(qualifier(schema, table))) return node
  return { ...node, catalog: '', schema: '' }
}

/** `[schema, table, column, …]` or `[catalog, schema, table, column, …]` from the table on. */
function withoutSchemaNames(
  names: readonly DuckdbJson[],
  qualifiers: ReadonlySet<string>,
): readonly DuckdbJson[] {
  for (const skip of [1, 2]) {
    const schema = names[skip - 1]
    const table = names[skip]
    if (typeof schema !== 'string' || typeof table !== 'string') continue
    const isColumn = names.length > skip + 1
    if (isColumn && qualifiers.has(qualifier(schema, table))) return names.slice(skip)
  }
  return names
}
