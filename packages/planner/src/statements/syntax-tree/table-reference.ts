/** What a FROM names that the query does not define: a table, files, or a function over files. */
import { queryError } from '@arbalest/common'
import { readFileFunction, type FileFunction } from './file-function.js'
import { positionIn, type SyntaxTree } from './syntax-tree.js'
import { byteOffsetOf, textOf, type TreeNode } from './tree-node.js'

export type TableReference =
  | {
      readonly kind: 'name'
      readonly catalog: string | undefined
      readonly schema: string | undefined
      readonly name: string
      readonly position: number | undefined
    }
  | { readonly kind: 'file'; readonly path: string; readonly position: number | undefined }
  | FileFunction

/** What DuckDB takes for a file when no table has that name, and what holds a path or pattern. */
const filePattern = /[/\\*]|\.(?:parquet|csv|tsv|json|jsonl|ndjson)(?:\.(?:gz|zst))?$/i

/** The reference of a `BASE_TABLE` or `TABLE_FUNCTION`; undefined for functions not over files. */
export function readTableReference(
  tree: SyntaxTree,
  node: TreeNode,
): TableReference | undefined {
  const position = positionIn(tree, byteOffsetOf(node))
  if (node['type'] === 'TABLE_FUNCTION') return readFileFunction(node, position)
  const name = textOf(node, 'table_name')
  const schema = textOf(node, 'schema_name') || undefined
  const catalog = textOf(node, 'catalog_name') || undefined
  if (node['at_clause'] !== null && node['at_clause'] !== undefined) {
    const fields = { what: 'AT', instead: 'a query reads the newest version of a table' }
    throw queryError('NOT_IN_THIS_VERSION', fields, position === undefined ? {} : { position })
  }
  const isFile = schema === undefined && filePattern.test(name)
  if (isFile) return { kind: 'file', path: name, position }
  return { kind: 'name', catalog, schema, name, position }
}

/** The name by which columns of the reference are qualified when it has no alias. */
export function implicitAlias(reference: TableReference): string {
  switch (reference.kind) {
    case 'name':
      return reference.name
    case 'file':
      return reference.path.replace(/^.*[/\\]/, '').replace(/\..*$/, '')
    case 'file-function':
      return reference.function
  }
}
