/**
 * Aggregates without groups that read the same tables are computed together, by one reading of them: scalar
 * subqueries, derived tables and branches of unions that differ in a filter. What they come to is a shared
 * subplan of one row, of which each takes its columns, so that nothing else in the plan changes.
 */
import { present } from '@arbalest/common'
import {
  columnsUsed, maxId, operatorsOf, transformUp, type Decision, type Expr, type Plan, type Project, type TableSource,
} from '@arbalest/plan'
import { nullOf } from './build-expression.js'
import { formOf, type JoinTree } from './join-tree.js'
import { branchOf, shareAggregates, type Branch, type SharedAggregate } from './shared-aggregate.js'

/** More different filters are left to a second reading: rows might fall into too many groups. */
const filtersMax = 16

export interface ShareRequest {
  readonly sources: Readonly<Record<string, TableSource>>
  /** Every task reads tables of so many rows anyway. */
  readonly replicatedRowsMax: number
}

export interface SharedScans { readonly plan: Plan; readonly decisions: readonly Decision[] }

/** The plan with as few readings of its large tables as aggregates without groups need. */
export function shareScans(plan: Plan, { sources, replicatedRowsMax }: ShareRequest): SharedScans {
  const all = operatorsOf(plan)
  const isWorthIt = ({ leaves }: JoinTree) => {
    const tables = leaves.map(({ scan }) => present(sources[scan.source], `source ${scan.source} of the plan`))
    return tables.every(readsWithoutError) && tables.some(({ rows }) => rows > replicatedRowsMax)
  }
  // The rounds of a recursion run in one task each time anew.
  const isRecursive = all.some(({ kind }) => kind === 'recursive-cte')
  const branches = isRecursive ? [] : all.flatMap((one) => branchOf(one) ?? []).filter(({ tree }) => isWorthIt(tree))
  if (branches.length < 2) return { plan, decisions: [] }
  let lastId = maxId(plan)
  let lastCte = all.reduce((most, one) => (one.kind === 'cte' ? Math.max(most, one.cteId) : most), 0)
  const nextId = () => ++lastId
  const decisions: Decision[] = []
  let shared = plan
  for (const { members, leaf } of alikeBranches(branches)) {
    const merged = shareAggregates(members, leaf, nextId)
    if (merged === undefined) continue
    shared = readShared(shared, members, merged, { cteId: ++lastCte, nextId })
    const tables = members[0]?.tree.leaves.map(({ scan }) => scan.table).join(', ') ?? ''
    const ids = members.map(({ aggregate }) => aggregate.id).join(', ')
    decisions.push({ about: `aggregates ${ids}`, choice: 'read the same rows once', facts: tables })
  }
  return { plan: shared, decisions }
}

/** Casts of what other files hold may fail, and readers may leave out rows by the columns that they are asked for. */
const readsWithoutError = ({ reader }: TableSource): boolean =>
  reader.format === 'parquet' && (reader.isAsWritten === true || reader.encoded === true)

interface Alike { readonly members: readonly Branch[]; readonly leaf: number }

/** Branches that differ in the terms that they have for one leaf, the largest sets first; each branch in one set. */
function alikeBranches(branches: readonly Branch[]): readonly Alike[] {
  const found: Alike[] = []
  const numbers = new Map<string, number>()
  const numberOf = (text: string): number => {
    const number = numbers.get(text) ?? numbers.size
    numbers.set(text, number)
    return number
  }
  const none = numberOf(JSON.stringify([]))
  let rest = branches.map((branch) => ({
    branch,
    form: numberOf(`${formOf(branch.tree)} ${branch.distinct ?? ''}`),
    terms: branch.tree.leaves.map((leaf) => numberOf(JSON.stringify(leaf.terms))),
  }))
  for (;;) {
    const sets = new Map<string, { readonly members: Branch[]; readonly leaf: number; readonly filters: Set<number> }>()
    for (const { branch, form, terms } of rest) {
      for (const [leaf, filter] of terms.entries()) {
        const key = [form, leaf, ...terms.with(leaf, filter === none ? 0 : 1)].join()
        const set = sets.get(key) ?? { members: [], leaf, filters: new Set() }
        sets.set(key, set)
        if (!set.filters.has(filter) && set.filters.size === filtersMax) continue
        set.filters.add(filter)
        set.members.push(branch)
      }
    }
    const largest = [...sets.values()].reduce((most, set) => (set.members.length > most.members.length ? set : most))
    if (largest.members.length < 2) return found
    found.push(largest)
    rest = rest.filter(({ branch }) => !largest.members.includes(branch))
    if (rest.length === 0) return found
  }
}

/** Each branch becomes a projection of the one row. */
function readShared(
  plan: Plan,
  members: readonly Branch[],
  { plan: definition, readers }: SharedAggregate,
  { cteId, nextId }: { readonly cteId: number; readonly nextId: () => number },
): Plan {
  const readerOf = new Map(members.map(({ aggregate }, at) => [aggregate.id, readers[at]]))
  const body = transformUp(plan, (operator) => {
    const reader = readerOf.get(operator.id)
    if (reader === undefined) return operator
    const { types } = definition
    const exprs = operator.types.map((type, output): Expr => reader.get(output) ?? nullOf(type))
    const wanted = [...columnsUsed(exprs)].sort((a, b) => a - b)
    const scan: Plan = { kind: 'cte-scan', id: nextId(), cteId, types, live: wanted }
    const { id, types: own, live } = operator
    return { kind: 'project', id, types: own, live, input: scan, exprs } satisfies Project
  })
  return { kind: 'cte', id: nextId(), cteId, types: body.types, live: body.live, definition, body }
}
