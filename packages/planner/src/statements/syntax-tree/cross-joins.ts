/**
 * Cross joins below other joins, as they must be written. DuckDB prints each as a comma, which binds weaker than
 * every word for a join:
 *
 *   (a CROSS JOIN b) RIGHT JOIN c ON p   printed   a , b RIGHT JOIN c ON p   read   a , (b RIGHT JOIN c ON p)
 */
import type { DuckdbJson } from '../../duckdb-json.js'
import { isTreeNode, type TreeNode } from './tree-node.js'

/** Another join with the cross joins directly below it written as `INNER JOIN … ON (true)`. */
export function withPlainCrossJoins(node: TreeNode): TreeNode {
  if (!isJoin(node) || isCross(node)) return node
  const [left, right] = [plainJoin(node['left']), plainJoin(node['right'])]
  return left === node['left'] && right === node['right'] ? node : { ...node, left, right }
}

function plainJoin(value: DuckdbJson | undefined): DuckdbJson {
  if (!isTreeNode(value) || !isJoin(value) || !isCross(value)) return value ?? null
  const [left, right] = [plainJoin(value['left']), plainJoin(value['right'])]
  return { ...value, left, right, ref_type: 'REGULAR', condition: trueCondition }
}

const isJoin = (node: TreeNode): boolean => node['type'] === 'JOIN' && 'ref_type' in node
const isCross = (node: TreeNode): boolean => node['ref_type'] === 'CROSS'

/** DuckDB's number for what stands nowhere in the text. */
const nowhere: DuckdbJson = { longNumber: '18446744073709551615' }

/** `true` as DuckDB's parser gives it. */
const trueCondition: TreeNode = {
  class: 'CAST',
  type: 'OPERATOR_CAST',
  alias: '',
  query_location: nowhere,
  child: {
    class: 'CONSTANT',
    type: 'VALUE_CONSTANT',
    alias: '',
    query_location: nowhere,
    value: { type: { id: 'VARCHAR', type_info: null }, is_null: false, value: 't' },
  },
  cast_type: { id: 'BOOLEAN', type_info: null },
  try_cast: false,
}
