/** One operator of DuckDB's plan JSON and what is below it -> ours. */
import { bigintType, booleanType, sameType, type DataType } from '@arbalest/common'
import {
  operatorsOf, typeOf, type Aggregate, type Cte, type CteScan, type DelimScan, type Distinct, type Expr, type Filter,
  type Limit, type Plan, type Project, type RecursiveCte, type SetOperation, type Sort, type Unnest, type Window,
} from '@arbalest/plan'
import { asBoolean, asCount, asCounts, asList, asObject, asText, type JsonObject } from './json-value.js'
import { allOf, picked } from './pick-columns.js'
import { readAggregate } from './read-aggregate.js'
import { readExpression, readExpressions, readOrders } from './read-expression.js'
import {
  readAnyJoin, readAsofJoin, readComparisonJoin, readCrossProduct, readDelimJoin, readPositionalJoin,
} from './read-join.js'
import { readLimit, readSample } from './read-limit.js'
import { readScan } from './read-scan.js'
import type { ReadState } from './read-state.js'
import { isTableFunction, readTableFunction } from './read-table-function.js'
import { readType } from './read-type.js'
import { readChunk, readExpressionRows, readNoRows, readOneRow } from './read-values.js'
import { readWindow } from './read-window.js'
import { unreadable } from './unreadable-plan.js'

export function readOperator(state: ReadState, json: unknown): Plan {
  state.enter()
  const plan = readKnown(state, asObject(json, 'operator'))
  state.leave()
  return plan
}

function readKnown(state: ReadState, object: JsonObject): Plan {
  const kind = asText(object['type'], 'operator')
  switch (kind) {
    case 'LOGICAL_GET':
      return isTableFunction(object) ? readTableFunction(state, object, readOperator) : readScan(state, object)
    case 'LOGICAL_DUMMY_SCAN': return readOneRow(state)
    case 'LOGICAL_EMPTY_RESULT': return readNoRows(state, object)
    case 'LOGICAL_CHUNK_GET': return readChunk(state, object)
    case 'LOGICAL_EXPRESSION_GET': return readExpressionRows(state, object, inputOf)
    case 'LOGICAL_PROJECTION': return readProject(state, object)
    case 'LOGICAL_FILTER': return readFilter(state, object)
    case 'LOGICAL_AGGREGATE_AND_GROUP_BY': return readAggregateOperator(state, object)
    case 'LOGICAL_COMPARISON_JOIN': return readComparisonJoin(state, object, readOperator)
    case 'LOGICAL_ANY_JOIN': return readAnyJoin(state, object, readOperator)
    case 'LOGICAL_DELIM_JOIN': return readDelimJoin(state, object, readOperator)
    case 'LOGICAL_CROSS_PRODUCT': return readCrossProduct(state, object, readOperator)
    case 'LOGICAL_DELIM_GET': return readDelimScan(state, object)
    case 'LOGICAL_ORDER_BY': return readSort(state, object)
    case 'LOGICAL_TOP_N': return readTopN(state, object)
    case 'LOGICAL_LIMIT': return readLimit(state, object, inputOf)
    case 'LOGICAL_DISTINCT': return readDistinct(state, object)
    case 'LOGICAL_WINDOW': return readWindowOperator(state, object)
    case 'LOGICAL_UNION': return readSetOperation(state, object, 'union')
    case 'LOGICAL_EXCEPT': return readSetOperation(state, object, 'except')
    case 'LOGICAL_INTERSECT': return readSetOperation(state, object, 'intersect')
    case 'LOGICAL_MATERIALIZED_CTE': return readCte(state, object)
    case 'LOGICAL_CTE_REF': return readCteScan(state, object)
    case 'LOGICAL_ASOF_JOIN': return readAsofJoin(state, object, readOperator)
    case 'LOGICAL_POSITIONAL_JOIN': return readPositionalJoin(state, object, readOperator)
    case 'LOGICAL_UNNEST': return readUnnest(state, object)
    case 'LOGICAL_SAMPLE': return readSample(state, object, inputOf)
    case 'LOGICAL_RECURSIVE_CTE': return readRecursiveCte(state, object)
  }
  return unreadable(`operator ${kind.replace('LOGICAL_', '')}`)
}

function inputOf(state: ReadState, object: JsonObject): Plan {
  const children = asList(object['children'], 'operator')
  if (children.length !== 1) return unreadable('shape of operator')
  return readOperator(state, children[0])
}

function readProject(state: ReadState, object: JsonObject): Project {
  const id = state.nextId()
  const input = inputOf(state, object)
  const exprs = readExpressions(state, object['expressions'], input.types)
  return { kind: 'project', id, input, exprs, types: exprs.map(typeOf), live: allOf(exprs) }
}

function readFilter(state: ReadState, object: JsonObject): Plan {
  const id = state.nextId()
  const input = inputOf(state, object)
  const predicates = readExpressions(state, object['expressions'], input.types)
  const { types } = input
  const filter: Filter = { kind: 'filter', id, input, predicates, types, live: allOf(types) }
  return picked(state, predicates.length === 0 ? input : filter, object['projection_map'])
}

function readAggregateOperator(state: ReadState, object: JsonObject): Aggregate {
  const id = state.nextId()
  const input = inputOf(state, object)
  const groups = readExpressions(state, object['groups'], input.types)
  const aggregates = asList(object['expressions'], 'aggregate')
    .map(item => readAggregate(state, item, input.types))
  const groupingFunctions = asList(object['grouping_functions'], 'grouping')
    .map(item => asCounts(item, 'grouping'))
  const types = [...[...groups, ...aggregates].map(typeOf), ...groupingFunctions.map(() => bigintType)]
  return {
    kind: 'aggregate',
    id,
    input,
    groups,
    groupingSets: readGroupingSets(object, groups.length),
    aggregates,
    groupingFunctions,
    types,
    live: allOf(types),
  }
}

/** One set of all groups is the plain GROUP BY. */
function readGroupingSets(object: JsonObject, groupCount: number): Aggregate['groupingSets'] {
  const sets = asList(object['grouping_sets'], 'grouping sets').map(item => asCounts(item, 'grouping sets'))
  const [first] = sets
  if (first === undefined) return undefined
  return sets.length === 1 && first.length === groupCount ? undefined : sets
}

function readDelimScan(state: ReadState, object: JsonObject): DelimScan {
  const id = state.nextId()
  const types = readTypes(object['chunk_types'])
  const scope = state.delims.at(-1)
  if (scope === undefined || !sameTypes(scope.types, types)) return unreadable('columns of DELIM_GET')
  return { kind: 'delim-scan', id, delimId: scope.id, types, live: allOf(types) }
}

function readSort(state: ReadState, object: JsonObject): Plan {
  const id = state.nextId()
  const input = inputOf(state, object)
  const orders = readOrders(state, object['orders'], input.types)
  const { types } = input
  const sort: Sort = { kind: 'sort', id, input, orders, types, live: allOf(types) }
  return picked(state, sort, object['projections'])
}

function readTopN(state: ReadState, object: JsonObject): Limit {
  const id = state.nextId()
  const input = inputOf(state, object)
  const { types } = input
  const live = allOf(types)
  const orders = readOrders(state, object['orders'], types)
  const sort: Sort = { kind: 'sort', id: state.nextId(), input, orders, types, live }
  const count = asCount(object['limit'], 'limit')
  return { kind: 'limit', id, input: sort, count, offset: asCount(object['offset'], 'limit'), types, live }
}

function readUnnest(state: ReadState, object: JsonObject): Unnest {
  const id = state.nextId()
  const input = inputOf(state, object)
  const lists = asList(object['expressions'], 'unnest').map(item => {
    const call = asObject(item, 'unnest')
    if (call['expression_class'] !== 'BOUND_UNNEST') return unreadable('shape of unnest')
    return readExpression(state, call['child'], input.types)
  })
  const types = [...input.types, ...lists.map(elementType)]
  return { kind: 'unnest', id, input, lists, types, live: allOf(types) }
}

function elementType(list: Expr): DataType {
  const type = typeOf(list)
  if (type.kind === 'list') return type.child
  return isNull(type) ? type : unreadable('shape of unnest')
}

const isNull = (type: DataType): boolean => type.kind === 'simple' && type.name === 'NULL'

function readDistinct(state: ReadState, object: JsonObject): Distinct {
  const id = state.nextId()
  const input = inputOf(state, object)
  const { types } = input
  const base = { kind: 'distinct', id, input, types, live: allOf(types) } as const
  switch (object['distinct_type']) {
    case 'DISTINCT': {
      // Under a collation rows are equal whose columns are not: the targets say by what.
      const targets = readExpressions(state, object['distinct_targets'], types)
      return { ...base, on: targets.every(expr => expr.kind === 'column') ? undefined : targets, orders: [] }
    }
    case 'DISTINCT_ON': {
      const order = object['order_by']
      return {
        ...base,
        on: readExpressions(state, object['distinct_targets'], types),
        orders: order === null ? [] : readOrders(state, asObject(order, 'orders')['orders'], types),
      }
    }
  }
  return unreadable('shape of DISTINCT')
}

function readWindowOperator(state: ReadState, object: JsonObject): Window {
  const id = state.nextId()
  const input = inputOf(state, object)
  const calls = asList(object['expressions'], 'window').map(item => readWindow(state, item, input.types))
  const types = [...input.types, ...calls.map(typeOf)]
  return { kind: 'window', id, input, calls, types, live: allOf(types) }
}

function readSetOperation(
  state: ReadState, object: JsonObject, operation: SetOperation['operation'],
): SetOperation {
  const id = state.nextId()
  const inputs = asList(object['children'], 'operator').map(child => readOperator(state, child))
  const types = inputs[0]?.types ?? unreadable('shape of operator')
  if (!inputs.every(input => sameTypes(input.types, types))) return unreadable('types of set operation')
  const all = asBoolean(object['setop_all'], 'set operation')
  return { kind: 'set-operation', id, operation, all, inputs, types, live: allOf(types) }
}

function readCte(state: ReadState, object: JsonObject): Cte {
  const id = state.nextId()
  const [definitionJson, bodyJson] = asList(object['children'], 'operator')
  const cteId = asCount(object['table_index'], 'CTE')
  const definition = readOperator(state, definitionJson)
  state.ctes.set(cteId, definition.types)
  const body = readOperator(state, bodyJson)
  const { types } = body
  return { kind: 'cte', id, cteId, definition, body, types, live: allOf(types) }
}

/** What a step reads of its own CTE are the rows of the last round. */
function readRecursiveCte(state: ReadState, object: JsonObject): RecursiveCte {
  const id = state.nextId()
  const [initialJson, stepJson] = asList(object['children'], 'operator')
  const cteId = asCount(object['table_index'], 'CTE')
  const initial = readOperator(state, initialJson)
  const { types } = initial
  state.ctes.set(cteId, types)
  const step = readOperator(state, stepJson)
  if (!sameTypes(types, step.types)) return unreadable('types of recursive CTE')
  if (operatorsOf(step).some((one) => one.kind === 'join' && one.isAsof === true)) {
    // Queries that say so are refused; a view may hide it.
    return unreadable('ASOF join in the rounds of a recursive CTE')
  }
  const all = asBoolean(object['union_all'], 'CTE')
  const keys = readExpressions(state, object['key_targets'], types)
    .map(key => key.kind === 'column' ? key.index : unreadable('keys of recursive CTE'))
  return { kind: 'recursive-cte', id, cteId, all, keys, initial, step, types, live: allOf(types) }
}

function readCteScan(state: ReadState, object: JsonObject): CteScan {
  const id = state.nextId()
  const cteId = asCount(object['cte_index'], 'CTE')
  const types = state.ctes.get(cteId)
  const isRecurring = asBoolean(object['is_recurring'], 'CTE')
  if (types === undefined) return unreadable('reference to a recursive CTE')
  if (!sameTypes(types, readTypes(object['chunk_types']))) return unreadable('columns of CTE')
  return { kind: 'cte-scan', id, cteId, ...(isRecurring ? { isRecurring } : {}), types, live: allOf(types) }
}

const readTypes = (json: unknown): readonly DataType[] => asList(json, 'types').map(readType)

const sameTypes = (a: readonly DataType[], b: readonly DataType[]): boolean =>
  a.length === b.length && a.every((type, i) => sameType(type, b[i] ?? booleanType))
