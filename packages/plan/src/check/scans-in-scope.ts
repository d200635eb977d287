import type { Plan } from '../plan.js'
import { childrenOf, operatorsOf } from '../walk.js'
import { holds, type Check } from './check.js'

/**
 * A CTE scan lies in the body of its CTE, a delim scan in the other side of its delim join than the
 * source; both have the columns of what they read. No id is defined twice.
 */
export const scansInScope: Check = (plan) => {
  const nodes = operatorsOf(plan)
  const ctes = nodes.flatMap((node): readonly Definition[] => {
    if (node.kind === 'cte') return [{ node, cteId: node.cteId, definition: node.definition, body: node.body }]
    if (node.kind !== 'recursive-cte') return []
    return [{ node, cteId: node.cteId, definition: node.initial, body: node.step }]
  })
  const delims = nodes.flatMap((node) => (node.kind === 'join' && node.delim !== undefined ? [node] : []))
  defineOnce(ctes.map(({ node, cteId }) => [node, cteId]))
  defineOnce(delims.map((node) => [node, node.delim?.delimId ?? -1]))
  const cteScans = new Set<Plan>()
  for (const cte of ctes) {
    for (const node of operatorsOf(cte.body)) {
      if (node.kind !== 'cte-scan' || node.cteId !== cte.cteId) continue
      cteScans.add(node)
      const live = new Set(cte.definition.live)
      holds(node.types.length === cte.definition.types.length, node, 'it has the columns of its CTE')
      holds(node.live.every((index) => live.has(index)), node, 'its live columns are live in its CTE')
    }
  }
  const delimScans = new Set<Plan>()
  for (const join of delims) {
    const [left, right] = childrenOf(join)
    const other = join.delim?.source === 'left' ? right : left
    for (const node of other === undefined ? [] : operatorsOf(other)) {
      if (node.kind !== 'delim-scan' || node.delimId !== join.delim?.delimId) continue
      delimScans.add(node)
      holds(node.types.length === join.delim.keys.length, node, 'it has a column for each key of its join')
    }
  }
  for (const node of nodes) {
    if (node.kind === 'cte-scan') holds(cteScans.has(node), node, `it lies in the body of CTE ${node.cteId}`)
    if (node.kind !== 'delim-scan') continue
    holds(delimScans.has(node), node, `it lies beside the source of delim ${node.delimId}`)
  }
}

/** Scans of the id inside the body read the definition. */
interface Definition {
  readonly node: Plan
  readonly cteId: number
  readonly definition: Plan
  readonly body: Plan
}

function defineOnce(definitions: readonly (readonly [Plan, number])[]): void {
  const seen = new Set<number>()
  for (const [node, id] of definitions) {
    holds(!seen.has(id), node, `it defines ${id}, which another operator defines too`)
    seen.add(id)
  }
}
