/**
 * Columns by number of table and column -> columns by position. DuckDB leaves them so in what stands below a
 * table function: its resolver does not go there.
 */
import { asBigint, asCount, asCounts, asList, asObject, asText, type JsonObject } from './json-value.js'
import { allOf } from './pick-columns.js'
import { unreadable } from './unreadable-plan.js'

/** `table.column` of each output column of an operator, as DuckDB numbers them. */
type Bindings = readonly string[]

interface Resolved { readonly json: JsonObject; readonly bindings: Bindings }

/** The same operator with what is below it, every column a `BOUND_REF`. */
export const resolveBindings = (json: unknown): JsonObject => resolveOperator(asObject(json, 'operator')).json

function resolveOperator(object: JsonObject): Resolved {
  const inputs = asList(object['children'], 'operator').map(child => resolveOperator(asObject(child, 'operator')))
  const sides = inputs.map(({ bindings }) => bindings)
  const scope = sides.flat()
  const fields = Object.entries(object).map(([name, value]) => {
    if (name === 'children') return [name, inputs.map(({ json }) => json)]
    if (name === 'conditions') return [name, asList(value, 'join').map(item => resolveCondition(item, sides))]
    return [name, resolveIn(value, scope)]
  })
  const json = Object.fromEntries(fields) as JsonObject
  return { json, bindings: bindingsOf(object, sides) }
}

function resolveCondition(json: unknown, [left = [], right = []]: readonly Bindings[]): JsonObject {
  const condition = asObject(json, 'join')
  return { ...condition, left: resolveIn(condition['left'], left), right: resolveIn(condition['right'], right) }
}

/** Any part of an operator but its inputs: columns stand deep inside expressions. */
function resolveIn(value: unknown, scope: Bindings): unknown {
  if (Array.isArray(value)) return value.map(item => resolveIn(item, scope))
  if (typeof value !== 'object' || value === null) return value
  const object = value as JsonObject
  if (object['expression_class'] !== 'BOUND_COLUMN_REF') {
    return Object.fromEntries(Object.entries(object).map(([name, part]) => [name, resolveIn(part, scope)]))
  }
  const { table_index: table, column_index: column } = asObject(object['binding'], 'column')
  const index = scope.indexOf(`${asBigint(table, 'column')}.${asCount(column, 'column')}`)
  if (index < 0 || object['depth'] !== 0) return unreadable('column of a query around a table function')
  return { expression_class: 'BOUND_REF', type: 'BOUND_REF', return_type: object['return_type'], index }
}

function bindingsOf(object: JsonObject, [first = [], second = []]: readonly Bindings[]): Bindings {
  const kind = asText(object['type'], 'operator')
  const own = (field: string, columns: readonly unknown[]): Bindings =>
    columns.map((_, column) => `${asBigint(object[field], 'operator')}.${column}`)
  const listed = (field: string) => asList(object[field], 'operator')
  const some = (all: Bindings, map: unknown): Bindings => {
    const positions = asCounts(map ?? [], 'projection map')
    return positions.length === 0 ? all : positions.map(position => all[position] ?? unreadable('projection map'))
  }
  switch (kind) {
    case 'LOGICAL_PROJECTION': return own('table_index', listed('expressions'))
    case 'LOGICAL_GET': {
      const all = own('table_index', listed('column_indexes'))
      const passed = asCounts(object['projected_input'] ?? [], 'table function')
      return [...some(all, object['projection_ids']), ...passed.flatMap(position => first[position] ?? [])]
    }
    case 'LOGICAL_DELIM_GET': case 'LOGICAL_CTE_REF': case 'LOGICAL_CHUNK_GET':
      return own('table_index', listed('chunk_types'))
    case 'LOGICAL_DUMMY_SCAN': return own('table_index', [0])
    case 'LOGICAL_EXPRESSION_GET': return own('table_index', listed('expr_types'))
    case 'LOGICAL_AGGREGATE_AND_GROUP_BY':
      return [
        ...own('group_index', listed('groups')), ...own('aggregate_index', listed('expressions')),
        ...own('groupings_index', listed('grouping_functions')),
      ]
    case 'LOGICAL_WINDOW': return [...first, ...own('window_index', listed('expressions'))]
    case 'LOGICAL_UNNEST': return [...first, ...own('unnest_index', listed('expressions'))]
    case 'LOGICAL_FILTER': return some(first, object['projection_map'])
    case 'LOGICAL_ORDER_BY': return some(first, object['projections'])
    case 'LOGICAL_LIMIT': case 'LOGICAL_TOP_N': case 'LOGICAL_DISTINCT': case 'LOGICAL_SAMPLE': return first
    case 'LOGICAL_UNION': case 'LOGICAL_EXCEPT': case 'LOGICAL_INTERSECT': case 'LOGICAL_RECURSIVE_CTE':
      return own('table_index', allOf(first))
    case 'LOGICAL_MATERIALIZED_CTE': return second
    case 'LOGICAL_CROSS_PRODUCT': case 'LOGICAL_POSITIONAL_JOIN': return [...first, ...second]
    case 'LOGICAL_COMPARISON_JOIN': case 'LOGICAL_DELIM_JOIN': case 'LOGICAL_ANY_JOIN': case 'LOGICAL_ASOF_JOIN':
      return joinBindings(
        object, some(first, object['left_projection_map']), some(second, object['right_projection_map']),
      )
  }
  return unreadable(`operator ${kind.replace('LOGICAL_', '')} below a table function`)
}

function joinBindings(object: JsonObject, left: Bindings, right: Bindings): Bindings {
  switch (object['join_type']) {
    case 'SEMI': case 'ANTI': return left
    case 'RIGHT_SEMI': case 'RIGHT_ANTI': return right
    case 'MARK': return [...left, `${asBigint(object['mark_index'], 'join')}.0`]
  }
  return [...left, ...right]
}
