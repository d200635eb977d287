/**
 * The SELECTs of a query that can be computed before it: its WITH queries and the subqueries in its FROM. Each can be
 * told as a query of its own, and be replaced by a table.
 */
import type { DuckdbJson } from '../../duckdb-json.js'
import type { SyntaxTree } from './syntax-tree.js'
import { isTreeNode, listOf, textOf, type TreeNode } from './tree-node.js'

/** Where such a SELECT stands in the tree: fields and positions from the root on. */
export type SelectPlace = readonly (string | number)[]

const rootPlace: SelectPlace = ['statements', 0, 'node']
const withPlace: SelectPlace = [...rootPlace, 'cte_map', 'map']

/** In the order in which they may read one another: first those of WITH. */
export function innerSelects({ root }: SyntaxTree): readonly SelectPlace[] {
  const node = valueAt(root, rootPlace)
  if (!isTreeNode(node)) return []
  const named = withEntries(root).map((_, at) => [...withPlace, at])
  const from = node['type'] === 'SELECT_NODE' ? subqueriesOf(node['from_table'], [...rootPlace, 'from_table']) : []
  return [...named, ...from]
}

/** The SELECT as a query of its own. `select` gives the tree of `SELECT * FROM name`. */
export async function selectAlone(
  tree: SyntaxTree,
  place: SelectPlace,
  select: (name: string) => Promise<SyntaxTree>,
): Promise<SyntaxTree> {
  const entries = withEntries(tree.root)
  const found = valueAt(tree.root, place)
  if (!isTreeNode(found)) return tree
  if (isNamed(place)) {
    const alone = await select(textOf(found, 'key'))
    return withNamed(alone, entries.slice(0, Number(place.at(-1)) + 1))
  }
  const { root } = await select('x')
  const statement = found['subquery'] ?? null
  const alone = { ...tree, root: { ...root, statements: [statement] } }
  const own = withEntries(alone.root)
  const names = new Set(own.map((entry) => textOf(entry, 'key').toLowerCase()))
  return withNamed(alone, [...entries.filter((entry) => !names.has(textOf(entry, 'key').toLowerCase())), ...own])
}

/** The tree with the rows of a table in the SELECT's place. `select` is the tree of `SELECT * FROM` that table. */
export function withTableInstead(tree: SyntaxTree, place: SelectPlace, select: SyntaxTree): SyntaxTree {
  const [statement = null] = listOf(select.root, 'statements')
  const root = changedAt(tree.root, place, (found) => {
    if (!isNamed(place)) return { ...found, subquery: statement }
    const value = found['value']
    // Its columns have their names already.
    return isTreeNode(value) ? { ...found, value: { ...value, query: statement, aliases: [], key_targets: [] } } : found
  })
  return isTreeNode(root) ? { ...tree, root } : tree
}

const isNamed = (place: SelectPlace): boolean => typeof place.at(-1) === 'number'

function withEntries(root: TreeNode): readonly TreeNode[] {
  const entries = valueAt(root, withPlace)
  return Array.isArray(entries) ? (entries as readonly DuckdbJson[]).filter(isTreeNode) : []
}

function withNamed(tree: SyntaxTree, entries: readonly TreeNode[]): SyntaxTree {
  const root = changedAt(tree.root, rootPlace, (node) => ({ ...node, cte_map: { map: entries } }))
  return isTreeNode(root) ? { ...tree, root } : tree
}

/** Those of joins too; not those inside other subqueries. */
function subqueriesOf(from: DuckdbJson | undefined, place: SelectPlace): readonly SelectPlace[] {
  if (!isTreeNode(from)) return []
  if (from['type'] === 'SUBQUERY') return [place]
  if (from['type'] !== 'JOIN') return []
  return [...subqueriesOf(from['left'], [...place, 'left']), ...subqueriesOf(from['right'], [...place, 'right'])]
}

function valueAt(value: DuckdbJson | undefined, [step, ...rest]: SelectPlace): DuckdbJson | undefined {
  if (step === undefined) return value
  if (Array.isArray(value)) return valueAt((value as readonly DuckdbJson[])[Number(step)], rest)
  return isTreeNode(value) ? valueAt(value[step], rest) : undefined
}

function changedAt(value: DuckdbJson, [step, ...rest]: SelectPlace, change: (node: TreeNode) => TreeNode): DuckdbJson {
  if (step === undefined) return isTreeNode(value) ? change(value) : value
  if (Array.isArray(value)) {
    return (value as readonly DuckdbJson[]).map((one, at) => (at === step ? changedAt(one, rest, change) : one))
  }
  if (!isTreeNode(value)) return value
  const inner = value[step]
  return inner === undefined ? value : { ...value, [step]: changedAt(inner, rest, change) }
}
