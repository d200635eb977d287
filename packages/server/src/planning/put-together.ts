/** Plans of parts into one plan: each in the place of the scans that stand for it, or computed once for several. */
import { sameType } from '@arbalest/common'
import { operatorsOf, transformUp, type Expr, type Plan, type Scan } from '@arbalest/plan'
import { UnreadablePlan } from '@arbalest/planner'

export interface PlannedPart {
  /** The source of the scans that stand for it. */
  readonly source: string
  readonly plan: Plan
}

/**
 * `parts` read none but those before them.
 * @throws UnreadablePlan where a part gives other types than it was taken for
 */
export function putTogether(root: Plan, parts: readonly PlannedPart[]): Plan {
  let last = greatestNumber(root)
  const own = parts.map(({ source, plan }) => {
    const moved = withNumbersFrom(plan, last)
    last = greatestNumber(moved)
    return { source, plan: moved }
  })
  const scans = [root, ...own.map(({ plan }) => plan)].flatMap(operatorsOf)
    .flatMap((operator) => (operator.kind === 'scan' ? [operator.source] : []))
  const isShared = (source: string) => scans.filter((one) => one === source).length > 1
  const done = new Map<string, Plan>()
  const shared: { readonly cteId: number; readonly definition: Plan }[] = []
  const replaced = (plan: Plan): Plan => transformUp(plan, (operator) => {
    const part = operator.kind === 'scan' ? done.get(operator.source) : undefined
    return operator.kind === 'scan' && part !== undefined ? overPart(operator, part, () => (last += 1)) : operator
  })
  for (const { source, plan } of own) {
    const definition = replaced(plan)
    if (isShared(source)) {
      const cteId = (last += 1)
      shared.push({ cteId, definition })
      const { types, live } = definition
      done.set(source, { kind: 'cte-scan', id: (last += 1), cteId, types, live })
    } else done.set(source, definition)
  }
  return shared.reduceRight<Plan>((body, { cteId, definition }) => (
    { kind: 'cte', id: (last += 1), cteId, definition, body, types: body.types, live: body.live }
  ), replaced(root))
}

/** What a scan of the part gives, from the part itself. */
function overPart({ predicate, columns, types, live, tableColumns }: Scan, part: Plan, nextId: () => number): Plan {
  if (part.types.length !== tableColumns.length) throw new UnreadablePlan('columns of a part')
  if (!part.types.every((type, i) => sameType(type, tableColumns[i]?.type ?? type))) {
    throw new UnreadablePlan('types of a part')
  }
  // Several readers have an operator of their own each.
  const read: Plan = part.kind === 'cte-scan' ? { ...part, id: nextId() } : part
  const kept: Plan = predicate === undefined ? read : {
    kind: 'filter', id: nextId(), input: read, predicates: [predicate], types: read.types, live: read.live,
  }
  const exprs = columns.map((column, i): Expr => {
    const type = types[i] ?? { kind: 'simple', name: 'BOOLEAN' }
    return column.kind === 'table'
      ? { kind: 'column', index: column.index, type }
      : { kind: 'constant', type: { kind: 'simple', name: 'BOOLEAN' }, value: { kind: 'boolean', value: true } }
  })
  return { kind: 'project', id: nextId(), input: kept, exprs, types, live }
}

/** Numbers of operators, CTEs and correlated joins are counted together. */
const numbersOf = (plan: Plan): readonly number[] => [
  plan.id,
  ...('cteId' in plan ? [plan.cteId] : []),
  ...('delimId' in plan ? [plan.delimId] : []),
  ...(plan.kind === 'join' && plan.delim !== undefined ? [plan.delim.delimId] : []),
]

const greatestNumber = (plan: Plan): number =>
  operatorsOf(plan).flatMap(numbersOf).reduce((most, one) => Math.max(most, one), 0)

const withNumbersFrom = (plan: Plan, from: number): Plan => transformUp(plan, (operator): Plan => {
  const id = operator.id + from
  if ('cteId' in operator) return { ...operator, id, cteId: operator.cteId + from }
  if ('delimId' in operator) return { ...operator, id, delimId: operator.delimId + from }
  if (operator.kind !== 'join' || operator.delim === undefined) return { ...operator, id }
  return { ...operator, id, delim: { ...operator.delim, delimId: operator.delim.delimId + from } }
})
