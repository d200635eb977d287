/**
 * What an operator comes to when an input has no rows. An input is known to have none when it is an
 * empty VALUES: so are tables without rows and stages that wrote none put into the plan.
 */
import { assertNever, booleanType, present } from '@arbalest/common'
import {
  operatorsOf, transformUp, type Expr, type Join, type Plan, type Project, type SetOperation, type TableSource,
  type Values,
} from '@arbalest/plan'
import type { Fragment } from './fragment.js'
import type { UnfoldContext } from './unfold-context.js'

/** The choice in EXPLAIN. */
export const foldedChoice = 'empty input folded'

/** Without rows for certain; sorted or picked, no rows stay none. */
export function hasNoRows(plan: Plan): boolean {
  let below = plan
  while (below.kind === 'sort' || below.kind === 'pick') below = below.input
  return below.kind === 'values' && below.rows.length === 0
}

export const emptyLike = ({ id, types, live }: Pick<Plan, 'id' | 'types' | 'live'>): Values =>
  ({ kind: 'values', id, types, live, rows: [] })

export const emptyFragment = (like: Pick<Plan, 'id' | 'types' | 'live'>): Fragment =>
  ({ plan: emptyLike(like), partitioning: { kind: 'replicated' }, rows: 0, domainRows: 0 })

/**
 * An operator with the same rows that does without the inputs that have none; undefined when there are
 * no such inputs, or it needs them as they are.
 */
export function foldEmpty(plan: Plan): Plan | undefined {
  switch (plan.kind) {
    case 'scan': case 'replicated-scan': case 'shuffle-read': case 'values': case 'delim-scan': case 'cte-scan':
    case 'pick': case 'sort': case 'key-sample': case 'range-number': case 'other-ranges':
    case 'positional-join': case 'recursive-cte': case 'whole-select':
      return undefined
    case 'unnest': case 'table-function': case 'sample': case 'computed-limit':
    case 'project': case 'filter': case 'limit': case 'distinct': case 'window':
      return hasNoRows(plan.input) ? emptyLike(plan) : undefined
    case 'aggregate':
      return hasNoRows(plan.input) && isGrouped(plan.groups.length, plan.groupingSets) ? emptyLike(plan) : undefined
    case 'partial-aggregate':
      return hasNoRows(plan.input) && plan.groups.length > 0 ? emptyLike(plan) : undefined
    case 'final-aggregate':
      return hasNoRows(plan.input) && isGrouped(plan.groupCount, plan.groupingSets) ? emptyLike(plan) : undefined
    case 'join': return foldJoin(plan)
    case 'set-operation': return foldSetOperation(plan)
    case 'cte': return hasNoRows(plan.body) ? emptyLike(plan) : undefined
  }
  return assertNever(plan)
}

/** Without groups, or with a grouping set of none, an aggregate gives a row even over no rows. */
const isGrouped = (groups: number, sets: readonly (readonly number[])[] | undefined): boolean =>
  groups > 0 && (sets === undefined || sets.every((set) => set.length > 0))

function foldJoin(join: Join): Plan | undefined {
  const left = hasNoRows(join.left)
  const right = hasNoRows(join.right)
  if (!left && !right) return undefined
  switch (join.joinType) {
    case 'inner': case 'semi': return emptyLike(join)
    case 'left': case 'single': case 'anti': case 'mark': return left ? emptyLike(join) : onlySide(join, 'left')
    case 'right': return right ? emptyLike(join) : onlySide(join, 'right')
    case 'full': return left && right ? emptyLike(join) : onlySide(join, left ? 'right' : 'left')
  }
  return assertNever(join.joinType)
}

/**
 * The join's columns over one side: NULLs stand for the other, whatever is looked for among no rows is
 * not there.
 */
function onlySide(join: Join, side: 'left' | 'right'): Project {
  const input = join[side]
  const from = side === 'left' ? 0 : join.left.types.length
  const exprs = join.types.map((type, index): Expr => {
    const own = input.types[index - from]
    if (own !== undefined) return { kind: 'column', index: index - from, type: own }
    return join.joinType === 'mark'
      ? { kind: 'constant', type: booleanType, value: { kind: 'boolean', value: false } }
      : { kind: 'constant', type, value: { kind: 'null' } }
  })
  return { kind: 'project', id: join.id, types: join.types, live: join.live, input, exprs }
}

function foldSetOperation(plan: SetOperation): Plan | undefined {
  const rest = plan.inputs.filter((input) => !hasNoRows(input))
  const [first] = rest
  if (rest.length === plan.inputs.length) return undefined
  if (first === undefined) return emptyLike(plan)
  switch (plan.operation) {
    case 'intersect': return emptyLike(plan)
    case 'except':
      if (first !== plan.inputs[0]) return emptyLike(plan)
      break
    case 'union':
  }
  if (rest.length > 1) return { ...plan, inputs: rest }
  const { id, types, live } = plan
  if (!plan.all) return { kind: 'distinct', id, types, live, input: first, on: undefined, orders: [] }
  const exprs = types.map((type, index): Expr => ({ kind: 'column', index, type }))
  return { kind: 'project', id, types, live, input: first, exprs }
}

/** The plan without what tables without rows take away, before anything has run. */
export function foldEmptyTables(plan: Plan, context: Pick<UnfoldContext, 'sources' | 'decide'>): Plan {
  return transformUp(plan, (operator) => {
    if (operator.kind === 'scan') {
      const source = present(context.sources[operator.source], `source ${operator.source} of the plan`)
      if (!isWithoutRows(source)) return operator
      context.decide({ about: `scan ${operator.id}`, choice: foldedChoice, facts: `${source.table} has no rows` })
      return emptyLike(operator)
    }
    if (operator.kind === 'cte' && !isScanned(operator.cteId, operator.body)) return operator.body
    const folded = foldEmpty(operator)
    // Delim scans read the source: without it they have no meaning yet.
    const losesSource = operator.kind === 'join' && operator.delim !== undefined && folded?.kind === 'project' &&
      folded.input !== operator[operator.delim.source]
    if (folded === undefined || losesSource) return operator
    noteFold(operator, context)
    return folded
  })
}

/** By footers alone: counts of other formats are estimates. */
const isWithoutRows = ({ files }: TableSource): boolean => files.every(({ rows }) => rows === 0)

const isScanned = (cteId: number, body: Plan): boolean =>
  operatorsOf(body).some((operator) => operator.kind === 'cte-scan' && operator.cteId === cteId)

/** Told of the operators that lose an input; those above have no rows for the same reason. */
export function noteFold(operator: Plan, context: Pick<UnfoldContext, 'decide'>): void {
  if (operator.kind === 'join') {
    const sides = (['left', 'right'] as const).filter((side) => hasNoRows(operator[side]))
    const facts = sides.length === 2 ? 'both sides have no rows' : `the ${sides.join()} side has no rows`
    context.decide({ about: `join ${operator.id}`, choice: foldedChoice, facts })
  }
  if (operator.kind === 'set-operation') {
    const count = operator.inputs.filter(hasNoRows).length
    const facts = `${count} of ${operator.inputs.length} inputs have no rows`
    context.decide({ about: `${operator.operation} ${operator.id}`, choice: foldedChoice, facts })
  }
}
