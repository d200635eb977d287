/**
 * What ORDER BY means where it does not say: DuckDB's settings `default_order` and `default_null_order` belong
 * to a whole engine; here they belong to a session and are written into its texts.
 */
import { queryError } from '@arbalest/common'
import type { DuckdbJson } from '../../duckdb-json.js'
import type { SyntaxTree } from './syntax-tree.js'
import { isTreeNode, listOf, mapNodes, textOf, type TreeNode } from './tree-node.js'

/** The settings as a session has them; undefined = DuckDB's defaults, ascending and NULLs last. */
export interface DefaultOrders {
  readonly order: string | undefined
  readonly nullOrder: string | undefined
}

const orders: Readonly<Record<string, Direction>> = {
  asc: 'ASCENDING', ascending: 'ASCENDING', desc: 'DESCENDING', descending: 'DESCENDING',
}
type Direction = 'ASCENDING' | 'DESCENDING'
type NullPlace = 'NULLS FIRST' | 'NULLS LAST'

/** Where NULLs go in ascending and in descending order. */
const nullOrders: Readonly<Record<string, readonly [NullPlace, NullPlace]>> = {
  ...named(['nulls_first', 'nulls first', 'null first', 'first'], ['NULLS FIRST', 'NULLS FIRST']),
  ...named(['nulls_last', 'nulls last', 'null last', 'last'], ['NULLS LAST', 'NULLS LAST']),
  ...named(['nulls_first_on_asc_last_on_desc', 'sqlite', 'mysql'], ['NULLS FIRST', 'NULLS LAST']),
  ...named(['nulls_last_on_asc_first_on_desc', 'postgres'], ['NULLS LAST', 'NULLS FIRST']),
}

/** @throws QueryError INVALID_SETTING for other words, NOT_IN_THIS_VERSION for functions that sort by defaults */
export function withDefaultOrders(tree: SyntaxTree, settings: DefaultOrders): SyntaxTree {
  const direction = orders[wordOf(settings.order ?? 'asc')]
  const places = nullOrders[wordOf(settings.nullOrder ?? 'last')]
  if (direction === undefined) throw invalid('default_order', settings.order, 'it is asc or desc')
  if (places === undefined) throw invalid('default_null_order', settings.nullOrder, 'it is nulls_first or nulls_last')
  const root = mapNodes(tree.root, (node) => {
    const call = textOf(node, 'function_name').toLowerCase()
    if (sorting.has(call)) return sortCall(node, direction, places)
    if (otherSorting.has(call)) throw withoutDefaults(node)
    const { type, null_order: nulls } = node
    if (typeof nulls !== 'string' || node['expression'] === undefined) return node
    const written = type === 'ORDER_DEFAULT' ? direction : type
    const place = written === 'DESCENDING' ? places[1] : places[0]
    return { ...node, type: written ?? direction, null_order: nulls === 'ORDER_DEFAULT' ? place : nulls }
  })
  return isTreeNode(root) ? { ...tree, root } : tree
}

const sorting = new Set(['list_sort', 'array_sort'])
/** Functions that sort the other way round, or by what they are not told. */
const otherSorting = new Set([
  'list_reverse_sort', 'array_reverse_sort', 'list_grade_up', 'array_grade_up', 'grade_up',
])

/** `list_sort(l)` with both of its further arguments; `list(a ORDER BY b)` is parsed into such a call. */
function sortCall(call: TreeNode, direction: Direction, places: readonly [NullPlace, NullPlace]): TreeNode {
  const [list, order, nulls, ...others] = listOf(call, 'children')
  if (list === undefined || others.length > 0) return call
  const [orderWord, nullsWord] = [constantWord(order), constantWord(nulls)]
  if (orderWord === undefined || nullsWord === undefined) throw withoutDefaults(call)
  const isDescending = orderWord === '' ? direction === 'DESCENDING' : orderWord.startsWith('DESC')
  const place = isDescending ? places[1] : places[0]
  const written = [isDescending ? 'DESC' : 'ASC', nullsWord === '' ? place : nullsWord]
  return { ...call, children: [list, ...written.map((word) => textConstant(word, call))] }
}

/** Empty where nothing or the default is said, undefined where it is computed. */
function constantWord(node: DuckdbJson | undefined): string | undefined {
  if (node === undefined) return ''
  const constant = isTreeNode(node) && node['class'] === 'CONSTANT' ? node['value'] : undefined
  const word = isTreeNode(constant) ? textOf(constant, 'value').toUpperCase() : undefined
  return word === 'ORDER_DEFAULT' ? '' : word
}

const textConstant = (value: string, { query_location: location }: TreeNode): TreeNode => ({
  class: 'CONSTANT', type: 'VALUE_CONSTANT', alias: '', query_location: location ?? 0,
  value: { type: { id: 'VARCHAR', type_info: null }, is_null: false, value },
})

function withoutDefaults(call: TreeNode) {
  const what = `${textOf(call, 'function_name')} under default_order or default_null_order`
  return queryError('NOT_IN_THIS_VERSION', { what, instead: "say how it sorts: list_sort(l, 'ASC', 'NULLS FIRST')" })
}

const wordOf = (value: string): string => value.trim().toLowerCase()

const invalid = (name: string, value: string | undefined, reason: string) =>
  queryError('INVALID_SETTING', { name, value: value ?? '', reason })

function named(names: readonly string[], places: readonly [NullPlace, NullPlace]) {
  return Object.fromEntries(names.map((name) => [name, places]))
}
