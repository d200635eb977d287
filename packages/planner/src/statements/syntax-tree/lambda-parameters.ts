/**
 * Parameters of lambdas under names that no column has. DuckDB prints `lambda x: …` as `x -> …`, which it reads as
 * the arrow of JSON where a column x is in reach, be it that of a query around.
 */
import type { DuckdbJson } from '../../duckdb-json.js'
import { byteOffsetOf, isTreeNode, listOf, withFields, type TreeNode } from './tree-node.js'

/** Names of parameters, in lower case, and what they are called. */
type Scope = ReadonlyMap<string, string>

/** `text` is that of the tree: no name is one that it has in it. Gives the value itself when nothing changes. */
export function withLambdaParameters(root: TreeNode, text: string): DuckdbJson {
  const lower = text.toLowerCase()
  let prefix = 'lambda_'
  for (let n = 1; lower.includes(prefix); n++) prefix = `lambda${n}_`
  // Numbered by depth: what DuckDB must find equal, as in GROUP BY and SELECT, stays equal.
  const visit = (value: DuckdbJson, scope: Scope, depth: number): DuckdbJson => {
    if (Array.isArray(value)) {
      const mapped = value.map((element: DuckdbJson) => visit(element, scope, depth))
      return mapped.some((element, at) => element !== value[at]) ? mapped : value
    }
    if (!isTreeNode(value)) return value
    if (value['class'] === 'COLUMN_REF') return renamed(value, scope)
    const names = parametersOf(value).map((name) => name.toLowerCase())
    const inner = names.length === 0 ? scope
      : new Map([...scope, ...names.map((name, at) => [name, `${prefix}${depth + at + 1}`] as const)])
    const changed = new Map<string, DuckdbJson>()
    for (const field in value) {
      const part = value[field] as DuckdbJson
      if (typeof part !== 'object' || part === null) continue
      const mapped = visit(part, inner, depth + names.length)
      if (mapped !== part) changed.set(field, mapped)
    }
    return withFields(value, changed)
  }
  return visit(root, new Map(), 0)
}

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

/** `x` and its fields, `x.a`. */
function renamed(node: TreeNode, scope: Scope): TreeNode {
  const [first, ...fields] = listOf(node, 'column_names')
  const name = typeof first === 'string' ? scope.get(first.toLowerCase()) : undefined
  return name === undefined ? node : { ...node, column_names: [name, ...fields] }
}
