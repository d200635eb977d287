/**
 * Makes operators with fresh ids, their types computed and all columns live: for tests, which
 * write plans by hand.
 */
import { bigintType, booleanType, present, type Column, type DataType } from '@arbalest/common'
import type { AggregateCall, ColumnRef, Expr, SortOrder, WindowCall } from '../expr.js'
import type {
  Aggregate, Cte, CteScan, DelimScan, Distinct, Filter, Join, JoinCondition, JoinType, Limit, Plan, Project, Scan,
  SetOperation, Sort, Values, Window,
} from '../plan.js'
import { typeOf } from '../walk-expressions.js'

/** A reference to an output column of `plan`. */
export function columnRef(plan: Plan, index: number): ColumnRef {
  return { kind: 'column', index, type: present(plan.types[index], `${plan.kind} has column ${index}`) }
}

export interface JoinParts {
  readonly conditions?: readonly JoinCondition[]
  readonly residual?: readonly Expr[]
  readonly delim?: Join['delim']
}

/** `firstId` is the id of the first operator made; later ones count on. */
export function planBuilder(firstId = 1) {
  let id = firstId
  const columns = (types: readonly DataType[]) => ({ id: id++, types, live: [...types.keys()] })
  const same = <P extends Plan>(input: P) => ({ input, ...columns(input.types) })
  return {
    scan: (table: string, tableColumns: readonly Column[], predicate?: Expr): Scan => ({
      kind: 'scan',
      source: table,
      table,
      tableColumns,
      columns: tableColumns.map((_, index) => ({ kind: 'table', index })),
      predicate,
      ...columns(tableColumns.map((column) => column.type)),
    }),
    /** At least one row, or the types of none. */
    values: (rows: Values['rows'], types: readonly DataType[] = (rows[0] ?? []).map(typeOf)): Values => ({
      kind: 'values',
      rows,
      ...columns(types),
    }),
    project: (input: Plan, ...exprs: readonly Expr[]): Project => ({
      kind: 'project',
      input,
      exprs,
      ...columns(exprs.map(typeOf)),
    }),
    filter: (input: Plan, ...predicates: readonly Expr[]): Filter => ({ kind: 'filter', predicates, ...same(input) }),
    aggregate: (
      input: Plan,
      groups: readonly Expr[],
      aggregates: readonly AggregateCall[],
      sets: Pick<Partial<Aggregate>, 'groupingSets' | 'groupingFunctions'> = {},
    ): Aggregate => {
      const groupingFunctions = sets.groupingFunctions ?? []
      const types = [...[...groups, ...aggregates].map(typeOf), ...groupingFunctions.map(() => bigintType)]
      const { groupingSets } = sets
      return { kind: 'aggregate', input, groups, aggregates, groupingSets, groupingFunctions, ...columns(types) }
    },
    join: (joinType: JoinType, left: Plan, right: Plan, parts: JoinParts = {}): Join => {
      const { conditions = [], residual = [], delim } = parts
      const types = joinedTypes(joinType, left, right)
      return { kind: 'join', joinType, left, right, conditions, residual, delim, ...columns(types) }
    },
    delimScan: (delimId: number, types: readonly DataType[]): DelimScan => ({
      kind: 'delim-scan',
      delimId,
      ...columns(types),
    }),
    sort: (input: Plan, ...orders: readonly SortOrder[]): Sort => ({ kind: 'sort', orders, ...same(input) }),
    limit: (input: Plan, count: number | undefined, offset = 0): Limit => ({
      kind: 'limit',
      count,
      offset,
      ...same(input),
    }),
    distinct: (input: Plan, on?: readonly Expr[], orders: readonly SortOrder[] = []): Distinct => ({
      kind: 'distinct',
      on,
      orders,
      ...same(input),
    }),
    window: (input: Plan, ...calls: readonly WindowCall[]): Window => ({
      kind: 'window',
      input,
      calls,
      ...columns([...input.types, ...calls.map(typeOf)]),
    }),
    setOperation: (
      operation: SetOperation['operation'],
      all: boolean,
      first: Plan,
      ...others: readonly Plan[]
    ): SetOperation => ({
      kind: 'set-operation',
      operation,
      all,
      inputs: [first, ...others],
      ...columns(first.types),
    }),
    cte: (cteId: number, definition: Plan, body: Plan): Cte => ({
      kind: 'cte',
      cteId,
      definition,
      body,
      ...columns(body.types),
    }),
    cteScan: (cteId: number, definition: Plan): CteScan => ({
      kind: 'cte-scan',
      cteId,
      ...columns(definition.types),
    }),
  }
}

function joinedTypes(joinType: JoinType, left: Plan, right: Plan): readonly DataType[] {
  if (joinType === 'semi' || joinType === 'anti') return left.types
  return joinType === 'mark' ? [...left.types, booleanType] : [...left.types, ...right.types]
}
