/**
 * Keeps the names of columns without alias. DuckDB names such a column by its text, and a rewritten
 * subquery would show the stub's name in it: `(SELECT max(a) FROM t7 AS t)`.
 */
import { isLongNumber, stringifyDuckdbJson, type DuckdbJson } from '../../duckdb-json.js'
import { isKeywordLambda, withLambdaKeywords, withMarkedParameters } from './lambda-parameters.js'
import { doubleWithPoint, isOtherDecimal, type SyntaxTree } from './syntax-tree.js'
import { isTreeNode, listOf, mapNodes, textOf, visitNodes, type TreeNode } from './tree-node.js'

/**
 * For every column without alias whose text a rewrite changes, the JSON of `SELECT` and that column
 * alone. `json_deserialize_sql` makes of it the text that `withColumnNames` takes. Mostly empty.
 */
export function columnNameJsons(tree: SyntaxTree): readonly string[] {
  return unnamedColumns(tree).map((column) => {
    const root = { error: false, statements: [{ node: selectOf(column), named_param_map: [] }] }
    return stringifyDuckdbJson(mapNodes(root, (node) => withMarkedParameters(doubleWithPoint(node))))
  })
}

/** Gives the columns of `columnNameJsons`, in its order, the names that the texts show. */
export function withColumnNames(tree: SyntaxTree, texts: readonly string[]): SyntaxTree {
  const names = new Map<DuckdbJson, string>()
  unnamedColumns(tree).forEach((column, index) => {
    const text = texts[index]
    if (text !== undefined) names.set(column, withLambdaKeywords(text.replace(/^SELECT /, '')))
  })
  if (names.size === 0) return tree
  const root = mapNodes(tree.root, (node, original) => {
    const name = names.get(original)
    return name === undefined ? node : { ...node, alias: name }
  })
  return isTreeNode(root) ? { ...tree, root } : tree
}

function unnamedColumns(tree: SyntaxTree): readonly TreeNode[] {
  const columns: TreeNode[] = []
  visitNodes(tree.root, (node) => {
    if (node['type'] !== 'SELECT_NODE') return
    for (const column of listOf(node, 'select_list')) {
      if (isTreeNode(column) && textOf(column, 'alias') === '' && changesText(column)) {
        columns.push(column)
      }
    }
  })
  return columns
}

/** Columns with subqueries, with lambdas, and with constants that are written as casts. */
function changesText(column: TreeNode): boolean {
  if (column['class'] === 'STAR') return false
  let changes = false
  let hasInfinity = false
  visitNodes(column, (node) => {
    const { type, value } = node
    if (node['class'] === 'SUBQUERY' || isOtherDecimal(node) || isKeywordLambda(node)) changes = true
    if (!isTreeNode(type) || type['id'] !== 'DOUBLE') return
    changes = true
    const isLong = value !== undefined && isLongNumber(value)
    if (isLong && /inf|nan/i.test(value.longNumber)) hasInfinity = true
  })
  return changes && !hasInfinity
}

/** What DuckDB writes for a node that stands nowhere in the text. */
const nowhere = { longNumber: '18446744073709551615' }

function selectOf(column: TreeNode): TreeNode {
  return {
    type: 'SELECT_NODE',
    modifiers: [],
    cte_map: { map: [] },
    select_list: [column],
    from_table: { type: 'EMPTY', alias: '', sample: null, query_location: nowhere },
    where_clause: null,
    group_expressions: [],
    group_sets: [],
    aggregate_handling: 'STANDARD_HANDLING',
    having: null,
    sample: null,
    qualify: null,
  }
}
