/** The tables and files a query reads. */
import { mapTables } from './map-tables.js'
import type { SyntaxTree } from './syntax-tree.js'
import { readTableReference, type TableReference } from './table-reference.js'

/**
 * Every reference to a table or to files, in the order of the text, repeated ones too; names that a
 * WITH clause defines are not among them.
 *
 * Throws NOT_ALLOWED and NOT_IN_THIS_VERSION for functions over files with other than constants.
 */
export function tablesOf(tree: SyntaxTree): readonly TableReference[] {
  const references: TableReference[] = []
  mapTables(tree.root, (node) => {
    const reference = readTableReference(tree, node)
    if (reference) references.push(reference)
    return node
  })
  const placeOf = ({ position }: TableReference): number => position ?? Number.MAX_SAFE_INTEGER
  return references.sort((left, right) => placeOf(left) - placeOf(right))
}
