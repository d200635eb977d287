/** Whether a query means the same whenever it is planned. */
import type { DuckdbJson } from '../../duckdb-json.js'
import type { SyntaxTree } from './syntax-tree.js'
import { isTreeNode, listOf, textOf, visitNodes, type TreeNode } from './tree-node.js'

/** Functions, macros and bare words that stand for the moment, the session or the engine. */
const momentary = /^(now|today|ago|age|.*current.*|.*_timestamp|local.*|session_user|user|pg_.*|.*uuid.*)$/
/** Texts that DuckDB takes for moments where a date or timestamp is expected. */
const momentaryText = /^\s*(now|today|yesterday|tomorrow)\b/i
/** Functions that make no text out of constants. */
const harmless = new Set(['+', '-', '*', '/', '//', '%', '**', '^', 'trunc', 'count_star', 'count'])

/**
 * False where it may not: for functions of the moment, for texts such as `'today'`, and for functions of
 * constants alone, which could put such a text together.
 */
export function isTimeless(tree: SyntaxTree): boolean {
  let timeless = true
  visitNodes(tree.root, (node) => {
    if (timeless) timeless = !isMomentary(node)
  })
  return timeless
}

function isMomentary(node: TreeNode): boolean {
  switch (textOf(node, 'class')) {
    case 'FUNCTION': {
      const name = textOf(node, 'function_name').toLowerCase()
      if (momentary.test(name)) return true
      return !harmless.has(name) && !name.startsWith('to_') && listOf(node, 'children').every(isConstant)
    }
    case 'COLUMN_REF': {
      const [name, second] = listOf(node, 'column_names')
      return second === undefined && typeof name === 'string' && momentary.test(name.toLowerCase())
    }
    case 'CONSTANT': {
      const { value } = node
      return isTreeNode(value) && momentaryText.test(textOf(value, 'value'))
    }
  }
  return false
}

/** Whether nothing in the expression comes from a row. */
function isConstant(value: DuckdbJson): boolean {
  if (!isTreeNode(value)) return false
  let constant = true
  visitNodes(value, (node) => {
    const kind = node['class']
    if (kind === 'COLUMN_REF' || kind === 'STAR' || kind === 'SUBQUERY') constant = false
  })
  return constant
}
