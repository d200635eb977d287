/** Refuses functions that reach beyond a query's own tables and arguments. */
import { queryError, type QueryError } from '@arbalest/common'
import { fileFunctions } from './file-function.js'
import { positionIn, type SyntaxTree } from './syntax-tree.js'
import { byteOffsetOf, isTreeNode, listOf, textOf, visitNodes, type TreeNode } from './tree-node.js'

/** Table functions that read nothing but their arguments. */
export const allowedTableFunctions: ReadonlySet<string> = new Set([
  'generate_series',
  'icu_calendar_names',
  'json_each',
  'json_tree',
  'pg_timezone_names',
  'range',
  'repeat',
  'repeat_row',
  'test_all_types',
  'unnest',
])

const readsSession = 'it reads the state of one engine, which no query owns'
const readsCatalog = 'it reads the catalog of one engine; SHOW TABLES and DESCRIBE are there'
const runsText = 'it runs or binds text that is not checked'
const keepsState = 'it changes the state of one engine'
const withoutSystem = 'geometries are kept without their coordinate systems'
const innards = "it is one of the engine's own"

/** Scalar functions, aggregates and macros that are refused, with the reason. */
export const deniedFunctions: ReadonlyMap<string, string> = new Map([
  ['getenv', readsSession],
  ['getvariable', readsSession],
  ['current_setting', readsSession],
  ['current_query', readsSession],
  ['current_query_id', readsSession],
  ['current_connection_id', readsSession],
  ['current_transaction_id', readsSession],
  ['txid_current', readsSession],
  ['in_search_path', readsCatalog],
  ['format_type', readsCatalog],
  ['get_block_size', readsCatalog],
  ['pg_get_constraintdef', readsCatalog],
  ['pg_get_viewdef', readsCatalog],
  ['json_serialize_plan', runsText],
  ['json_execute_serialized_sql', runsText],
  ['query', runsText],
  ['query_table', runsText],
  ['write_log', keepsState],
  ['add_parquet_key', keepsState],
  ['checkpoint', keepsState],
  ['force_checkpoint', keepsState],
  ['which_secret', readsSession],
  ['sql_auto_complete', readsCatalog],
  ['combine', innards],
  ['finalize', innards],
  ['st_crs', withoutSystem],
  ['st_setcrs', withoutSystem],
])

/**
 * Throws NOT_ALLOWED, at the call, for a table function that is neither in the allow-list nor reads
 * files nor is a macro, for a denied function, and for SHOW and DESCRIBE inside a query.
 */
export function checkFunctions(tree: SyntaxTree, isTableMacro: (name: string) => boolean = () => false): void {
  const tableCalls = new Set<TreeNode>()
  visitNodes(tree.root, (node) => {
    if (node['type'] === 'TABLE_FUNCTION' && isTreeNode(node['function'])) {
      tableCalls.add(node['function'])
      if (!isTableMacro(textOf(node['function'], 'function_name'))) checkTableFunction(tree, node['function'])
    } else if (node['type'] === 'SHOW_REF') {
      checkShow(tree, node)
    } else if (node['type'] === 'UNBOUND_TYPE_INFO') {
      checkType(node)
    } else if (typeof node['function_name'] === 'string' && !tableCalls.has(node)) {
      checkFunction(tree, node)
    }
  })
}

function checkTableFunction(tree: SyntaxTree, call: TreeNode): void {
  const name = textOf(call, 'function_name').toLowerCase()
  const isAllowed = allowedTableFunctions.has(name) || fileFunctions.some((file) => file === name)
  if (isAllowed) return
  const reason =
    deniedFunctions.get(name) ?? 'a query reads registered tables, Parquet, CSV and JSON files'
  throw notAllowed(tree, call, { what: `the table function ${name}`, reason })
}

function checkFunction(tree: SyntaxTree, call: TreeNode): void {
  const name = textOf(call, 'function_name').toLowerCase()
  const isExport = call['export_state'] === true
  const isInternal = isExport || name.startsWith('__internal')
  const reason = isInternal ? innards : deniedFunctions.get(name)
  if (reason === undefined) return
  throw notAllowed(tree, call, { what: isExport ? 'EXPORT_STATE' : `the function ${name}`, reason })
}

/** A type is nowhere in the text: the tree does not tell where it stands. */
function checkType(type: TreeNode): void {
  const isGeometry = textOf(type, 'name').toLowerCase() === 'geometry'
  if (!isGeometry || listOf(type, 'user_type_modifiers').length === 0) return
  throw queryError('NOT_ALLOWED', { what: 'GEOMETRY with a coordinate system', reason: withoutSystem })
}

/** SUMMARIZE is a query over its table; the others list what the engine knows. */
function checkShow(tree: SyntaxTree, node: TreeNode): void {
  if (node['show_type'] === 'SUMMARY' && isTreeNode(node['query'])) return
  const reason = 'SHOW and DESCRIBE are statements of their own'
  throw notAllowed(tree, node, { what: 'SHOW or DESCRIBE inside a query', reason })
}

function notAllowed(
  tree: SyntaxTree,
  node: TreeNode,
  fields: { readonly what: string; readonly reason: string },
): QueryError {
  const position = positionIn(tree, byteOffsetOf(node))
  return queryError('NOT_ALLOWED', fields, position === undefined ? {} : { position })
}
