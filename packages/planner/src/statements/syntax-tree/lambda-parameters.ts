/**
 * Lambdas as people write them. DuckDB prints `lambda x: …` as `x -> …`, which it reads as the arrow of JSON where a
 * column x is in reach, be it that of a query around; under another name it may mean another value, for within
 * `{'a': x}` the column goes before the parameter.
 */
import { byteOffsetOf, isTreeNode, listOf, type TreeNode } from './tree-node.js'

/** A name that nobody writes. */
const keyword = '\u0001'

/** Whether it is `lambda x: …`. */
export const isKeywordLambda = (node: TreeNode): boolean => parametersOf(node).length > 0

/** A lambda that DuckDB prints so that {@link withLambdaKeywords} knows it; all other nodes as they are. */
export function withMarkedParameters(node: TreeNode): TreeNode {
  const names = parametersOf(node)
  if (names.length === 0) return node
  const lhs = { class: 'COLUMN_REF', type: 'COLUMN_REF', alias: '', column_names: [keyword, ...names] }
  return { ...node, lhs }
}

/** The text of marked lambdas as DuckDB calls columns: `lambda x: …`. */
export const withLambdaKeywords = (text: string): string =>
  text.replace(markedPattern, (_, names: string) => `lambda ${[...names.matchAll(namePattern)].join(', ')}: `)

const namePattern = /"(?:[^"]|"")*"|[^."\s]+/g
const markedPattern = new RegExp(`"${keyword}"((?:\\.(?:${namePattern.source}))+) -> `, 'g')

/** Those of `lambda a, b: …`. What stands before an arrow may be a value: such a one has a place in the text. */
function parametersOf(node: TreeNode): readonly string[] {
  const before = node['lhs']
  if (node['class'] !== 'LAMBDA' || !isTreeNode(before) || byteOffsetOf(before) !== undefined) return []
  const references = before['class'] === 'COLUMN_REF' ? [before] : listOf(before, 'children')
  return references.flatMap((reference) => {
    const [name] = isTreeNode(reference) ? listOf(reference, 'column_names') : []
    return typeof name === 'string' ? [name] : []
  })
}
