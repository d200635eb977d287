/** Functions and types that a query names: found, and given other names. */
import { positionIn, type SyntaxTree } from './syntax-tree.js'
import { byteOffsetOf, isTreeNode, mapNodes, textOf, visitNodes, type TreeNode } from './tree-node.js'

/** A name of a function or type; `schema` may also be what the function is a method of: `x.upper()`. */
export interface DefinitionName {
  readonly schema: string | undefined
  readonly name: string
  readonly position: number | undefined
}

/** The functions that a query calls, operators left out. */
export function functionsOf(tree: SyntaxTree): readonly DefinitionName[] {
  const names: DefinitionName[] = []
  visitNodes(tree.root, (node) => {
    if (!isCall(node)) return
    const position = positionIn(tree, byteOffsetOf(node))
    names.push({ schema: textOf(node, 'schema') || undefined, name: textOf(node, 'function_name'), position })
  })
  return names
}

/** The types that a query names and that DuckDB's parser does not know. */
export function typesOf(tree: SyntaxTree): readonly DefinitionName[] {
  const names: DefinitionName[] = []
  visitNodes(tree.root, (node) => {
    const info = unboundInfo(node)
    if (info === undefined) return
    names.push({ schema: textOf(info, 'schema') || undefined, name: textOf(info, 'name'), position: undefined })
  })
  return names
}

const isCall = (node: TreeNode): boolean =>
  typeof node['function_name'] === 'string' && node['is_operator'] !== true

function unboundInfo({ id, type_info: info }: TreeNode): TreeNode | undefined {
  return id === 'UNBOUND' && isTreeNode(info) ? info : undefined
}

/** Gives the name, without a schema, under which something is known instead; undefined leaves it as it is. */
export interface DefinitionRenames {
  function(name: DefinitionName): string | undefined
  type(name: DefinitionName): string | undefined
}

/** The tree with other names of functions and types. */
export function renameDefinitions(tree: SyntaxTree, renames: DefinitionRenames): SyntaxTree {
  const root = mapNodes(tree.root, (node) => {
    if (isCall(node)) {
      const name = renames.function(nameOf(node))
      return name === undefined ? node : { ...node, function_name: name, schema: '', catalog: '' }
    }
    const info = unboundInfo(node)
    if (info === undefined) return node
    const schema = textOf(info, 'schema') || undefined
    const name = renames.type({ schema, name: textOf(info, 'name'), position: undefined })
    return name === undefined ? node : { ...node, type_info: { ...info, name, schema: '', catalog: '' } }
  })
  return isTreeNode(root) ? { ...tree, root } : tree
}

const nameOf = (call: TreeNode): DefinitionName =>
  ({ schema: textOf(call, 'schema') || undefined, name: textOf(call, 'function_name'), position: undefined })
