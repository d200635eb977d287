/** Calls of `nextval('s')` and `currval('s')` in a query: the sequences they name, and other names for them. */
import { queryError } from '@arbalest/common'
import { nextToken } from '../lexer.js'
import { positionIn, type SyntaxTree } from './syntax-tree.js'
import { byteOffsetOf, isTreeNode, listOf, mapNodes, textOf, visitNodes, type TreeNode } from './tree-node.js'

export interface SequenceName {
  /** One to three identifiers, as in the call's text. */
  readonly parts: readonly string[]
  /** Where the name's text stands, with its quotes. */
  readonly position: number | undefined
}

const sequenceFunctions = new Set(['nextval', 'currval'])

/** Whether a node asks a sequence. */
export const isSequenceCall = (node: TreeNode): boolean =>
  node['class'] === 'FUNCTION' && sequenceFunctions.has(textOf(node, 'function_name').toLowerCase())

/**
 * The sequences that a query names.
 * @throws QueryError NOT_IN_THIS_VERSION where a name is no constant
 */
export function sequencesOf(tree: SyntaxTree): readonly SequenceName[] {
  const found: SequenceName[] = []
  visitNodes(tree.root, (node) => {
    if (!isSequenceCall(node)) return
    const [argument, ...others] = listOf(node, 'children')
    const name = isTreeNode(argument) ? constantText(argument) : undefined
    // DuckDB tells what is wrong with other arguments; of NULL there is no value.
    if (others.length > 0 || !isTreeNode(argument) || name === null) return
    const position = positionIn(tree, byteOffsetOf(argument))
    if (name === undefined) {
      const what = `${textOf(node, 'function_name')} of a name that is computed`
      const fields = { what, instead: "write the name of the sequence in quotes: nextval('s')" }
      throw queryError('NOT_IN_THIS_VERSION', fields, position === undefined ? {} : { position })
    }
    found.push({ parts: partsOf(name), position })
  })
  return found
}

/** The tree with other names in these calls, each without a schema; undefined leaves a call as it is. */
export function renameSequences(
  tree: SyntaxTree,
  rename: (parts: readonly string[]) => string | undefined,
): SyntaxTree {
  const root = mapNodes(tree.root, (node) => {
    if (!isSequenceCall(node)) return node
    const [argument] = listOf(node, 'children')
    const name = isTreeNode(argument) ? constantText(argument) : undefined
    const renamed = typeof name === 'string' ? rename(partsOf(name)) : undefined
    if (renamed === undefined || !isTreeNode(argument) || !isTreeNode(argument['value'])) return node
    const value = { ...argument['value'], value: `"${renamed.replaceAll('"', '""')}"` }
    return { ...node, children: [{ ...argument, value }] }
  })
  return isTreeNode(root) ? { ...tree, root } : tree
}

/** Undefined for what is no constant of text, null for NULL. */
function constantText({ class: kind, value }: TreeNode): string | null | undefined {
  if (kind !== 'CONSTANT' || !isTreeNode(value)) return undefined
  if (value['is_null'] === true) return null
  return typeof value['value'] === 'string' ? value['value'] : undefined
}

/** Names between dots; one in double quotes may have dots in it. */
function partsOf(name: string): readonly string[] {
  return (name.match(/(?:"(?:[^"]|"")*"|[^".])+/g) ?? []).map((part) => {
    const token = part.startsWith('"') ? nextToken(part, 0) : undefined
    return token?.kind === 'quoted' && token.end === part.length ? token.value : part
  })
}
