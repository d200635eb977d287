/** The syntax tree of a query: `json_serialize_sql` gives it, `json_deserialize_sql` takes it. */
import { limits, queryError, type QueryError } from '@arbalest/common'
import {
  isLongNumber,
  parseDuckdbJson,
  stringifyDuckdbJson,
  type DuckdbJson,
} from '../../duckdb-json.js'
import { utf16Offset, utf16OffsetOfCodePoint } from '../error-position.js'
import { withPlainCrossJoins } from './cross-joins.js'
import { isSingleSelect } from './is-single-select.js'
import { withMarkedParameters } from './lambda-parameters.js'
import { isTreeNode, mapNodes, textOf, type TreeNode } from './tree-node.js'

export interface SyntaxTree {
  /** The whole answer of `json_serialize_sql`: `{error: false, statements: [{node, …}]}`. */
  readonly root: TreeNode
  /** The text that was parsed; positions of errors are offsets into it. */
  readonly text: string
}

/**
 * Reads the answer of `json_serialize_sql(text)`.
 *
 * Throws SYNTAX_ERROR with DuckDB's reason and place when it is an error or not one SELECT, and
 * LIMIT_EXCEEDED when it nests too deep to be followed.
 */
export function readSyntaxTree(json: string, text: string): SyntaxTree {
  refuseDeepNesting(json)
  const root = parseDuckdbJson(json) as DuckdbJson
  if (!isTreeNode(root)) throw queryError('INTERNAL', { reason: 'the syntax tree is no object' })
  if (root['error'] === true) throw parseError(root, text)
  if (!isSingleSelect(root)) {
    throw queryError('SYNTAX_ERROR', { reason: 'expected one query' }, { position: 0 })
  }
  return { root, text }
}

/** The JSON to give to `json_deserialize_sql`, whose answer is to go through `withLambdaKeywords`. */
export const writeSyntaxTree = ({ root }: SyntaxTree): string =>
  stringifyDuckdbJson(mapNodes(root, (node) => withMarkedParameters(writable(node))))

/** The UTF-16 offset of a node in the tree's text. */
export function positionIn(tree: SyntaxTree, byteOffset: number | undefined): number | undefined {
  return byteOffset === undefined ? undefined : utf16Offset(tree.text, byteOffset)
}

/** DuckDB's word for statements that it reads and has no tree for. */
const withoutTree = 'not implemented'

function parseError(root: TreeNode, text: string): QueryError {
  const reason = textOf(root, 'error_message')
  const codePoints = Number.parseInt(textOf(root, 'position'), 10)
  const position = Number.isNaN(codePoints) ? undefined : utf16OffsetOfCodePoint(text, codePoints)
  if (textOf(root, 'error_type') === withoutTree) {
    const instead = 'a query must be one SELECT that writes nothing; PIVOT inside another statement needs an IN list'
    return queryError('NOT_IN_THIS_VERSION', { what: 'this statement', instead })
  }
  return queryError('SYNTAX_ERROR', { reason }, position === undefined ? {} : { position })
}

/**
 * Levels of JSON that a tree may have, which bounds the recursion in this folder. An operator takes
 * two, and DuckDB itself stops at 1,000 operators.
 */
const jsonDepthMax = limits.nestingMax + 200

function refuseDeepNesting(json: string): void {
  let depth = 0
  let isInString = false
  for (let at = 0; at < json.length; at += 1) {
    const char = json[at]
    if (isInString) {
      if (char === '\\') at += 1
      else if (char === '"') isInString = false
    } else if (char === '"') {
      isInString = true
    } else if (char === '{' || char === '[') {
      depth += 1
    } else if (char === '}' || char === ']') {
      depth -= 1
    }
    if (depth > jsonDepthMax) {
      const fields = { what: 'the nesting of the query', limit: jsonDepthMax }
      throw queryError('LIMIT_EXCEEDED', fields)
    }
  }
}

/** Constants are seen after the value in them. */
const writable = (node: TreeNode): TreeNode =>
  withPlainCrossJoins(doubleWithPoint(doubleAsCast(decimalAsCast(node))))

/**
 * DuckDB prints the DOUBLE 1.0 as the DECIMAL literal `1.0`, and `json_deserialize_sql` does not
 * read infinities: such a constant becomes a cast of its text.
 */
function doubleAsCast(node: TreeNode): TreeNode {
  const { value: constant } = node
  if (node['class'] !== 'CONSTANT' || !isTreeNode(constant) || !isDouble(constant)) return node
  const number = constant['value']
  const isLong = number !== undefined && isLongNumber(number)
  if (typeof number !== 'number' && !isLong) return node
  const text = { type: { id: 'VARCHAR', type_info: null }, is_null: false }
  return castOf(node, { ...text, value: isLong ? number.longNumber : String(number) })
}

function decimalAsCast(node: TreeNode): TreeNode {
  const { value: constant } = node
  if (node['class'] !== 'CONSTANT' || !isTreeNode(constant) || !isOtherDecimal(constant)) return node
  return castOf(node, constant)
}

/** DuckDB prints the constants `42.` and `0042.5` without what makes their types: they are cast to these. */
export function isOtherDecimal({ type, value, is_null: isNull }: TreeNode): boolean {
  if (!isTreeNode(type) || type['id'] !== 'DECIMAL' || !isTreeNode(type['type_info']) || isNull !== false) return false
  const { width, scale } = type['type_info']
  if (typeof width !== 'number' || typeof scale !== 'number') return false
  if (scale === 0 || typeof value !== 'number') return true
  const printedWidth = width === scale ? width : Math.max(String(Math.abs(value)).length, scale + 1)
  return printedWidth !== width
}

/** A constant written as a cast of another one to its type. */
function castOf(node: TreeNode, value: TreeNode): TreeNode {
  const location = node['query_location'] ?? null
  return {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias: textOf(node, 'alias'),
    query_location: location,
    child: { class: 'CONSTANT', type: 'VALUE_CONSTANT', alias: '', query_location: location, value },
    cast_type: isTreeNode(node['value']) ? (node['value']['type'] ?? null) : null,
    try_cast: false,
  }
}

/** A DOUBLE must be written with a point, or DuckDB takes it for an integer. */
export function doubleWithPoint(node: TreeNode): TreeNode {
  const { value } = node
  if (!isDouble(node) || typeof value !== 'number' || !Number.isInteger(value)) return node
  const digits = String(value)
  return digits.includes('e') ? node : { ...node, value: { longNumber: `${digits}.0` } }
}

function isDouble({ type }: TreeNode): boolean {
  return isTreeNode(type) && (type['id'] === 'DOUBLE' || type['id'] === 'FLOAT')
}
