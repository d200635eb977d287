/** Joins of all types. */
import { assertNever, booleanType, type DataType } from '@arbalest/common'
import {
  mapColumns, typeOf, type ComparisonOperator, type Expr, type Join, type JoinCondition, type JoinType, type Plan,
} from '@arbalest/plan'
import { asBoolean, asCounts, asList, asObject, asText, type JsonObject } from './json-value.js'
import { allOf, pickedColumns } from './pick-columns.js'
import { readComparisonOperator, readExpression, readExpressions, readOptional } from './read-expression.js'
import type { ReadState } from './read-state.js'
import { checkedSingleJoin } from './single-join.js'
import { unreadable } from './unreadable-plan.js'

type ReadOperator = (state: ReadState, json: unknown) => Plan

interface Sides { readonly id: number; readonly left: Plan; readonly right: Plan }

export function readComparisonJoin(state: ReadState, object: JsonObject, readOperator: ReadOperator): Plan {
  return readConditionJoin(state, object, readSides(state, object, readOperator), undefined)
}

/** Of the right rows with the same keys the nearest one only. */
export function readAsofJoin(state: ReadState, object: JsonObject, readOperator: ReadOperator): Plan {
  const join = readComparisonJoin(state, object, readOperator)
  if (join.kind !== 'join' || join.joinType === 'mark' || join.joinType === 'single') return unreadable('shape of join')
  return { ...withoutNullMatches(join, state), isAsof: true }
}

/**
 * With an equality beside it DuckDB's ASOF join by sorting finds rows for a left value that is NULL, its join by
 * loops finds none; which one it takes hangs on estimates. No row is found here.
 */
function withoutNullMatches(join: Join, state: ReadState): Join {
  const isEquality = ({ operator }: JoinCondition) => operator === '=' || operator === 'IS NOT DISTINCT FROM'
  const nearest = join.conditions.find((condition) => !isEquality(condition))
  if (nearest === undefined || !join.conditions.some(isEquality)) return join
  const isKnown = (expr: Expr): Expr => ({ kind: 'operator', operator: 'is-not-null', args: [expr], type: booleanType })
  if (join.joinType === 'inner' || join.joinType === 'semi' || join.joinType === 'right') {
    const { left } = join
    const { types, live } = left
    const known: Plan = {
      kind: 'filter', id: state.nextId(), types, live, input: left, predicates: [isKnown(nearest.left)],
    }
    return { ...join, left: known }
  }
  const falseConstant: Expr = { kind: 'constant', type: booleanType, value: { kind: 'boolean', value: false } }
  const trueOrNull: Expr = {
    kind: 'function', name: 'nullif', args: [isKnown(nearest.left), falseConstant],
    infix: false, isVolatile: false, type: booleanType,
  }
  const both: JoinCondition = { left: trueOrNull, right: isKnown(nearest.right), operator: '=' }
  return { ...join, conditions: [...join.conditions, both] }
}

/** A join by one expression over both sides. */
export function readAnyJoin(state: ReadState, object: JsonObject, readOperator: ReadOperator): Plan {
  const sides = readSides(state, object, readOperator)
  const condition = readExpression(state, object['condition'], bothTypes(sides))
  const residual = condition.kind === 'and' ? condition.terms : [condition]
  return joined(state, object, sides, { conditions: [], residual, delim: undefined })
}

export function readCrossProduct(state: ReadState, object: JsonObject, readOperator: ReadOperator): Join {
  const sides = readSides(state, object, readOperator)
  return joinOf(sides, 'inner', { conditions: [], residual: [], delim: undefined })
}

/**
 * A decorrelated join: one side reads, through DELIM_GETs, the distinct values of some expressions
 * over the other one, its source. The nearest join around a DELIM_GET is the one it belongs to.
 */
export function readDelimJoin(state: ReadState, object: JsonObject, readOperator: ReadOperator): Plan {
  const id = state.nextId()
  const [leftJson, rightJson] = asList(object['children'], 'join')
  const isFlipped = asBoolean(object['delim_flipped'], 'join')
  const source = readOperator(state, isFlipped ? rightJson : leftJson)
  const keys = readExpressions(state, object['duplicate_eliminated_columns'], source.types)
  state.delims.push({ id, types: keys.map(typeOf) })
  const other = readOperator(state, isFlipped ? leftJson : rightJson)
  state.delims.pop()
  const sides = isFlipped ? { id, left: other, right: source } : { id, left: source, right: other }
  return readConditionJoin(state, object, sides, { delimId: id, keys, source: isFlipped ? 'right' : 'left' })
}

/** Rows side by side by their place. */
export function readPositionalJoin(state: ReadState, object: JsonObject, readOperator: ReadOperator): Plan {
  const { id, left, right } = readSides(state, object, readOperator)
  const types = [...left.types, ...right.types]
  return { kind: 'positional-join', id, left, right, types, live: allOf(types) }
}

function readSides(state: ReadState, object: JsonObject, readOperator: ReadOperator): Sides {
  const id = state.nextId()
  const [left, right, ...more] = asList(object['children'], 'join')
  if (more.length > 0) return unreadable('shape of join')
  return { id, left: readOperator(state, left), right: readOperator(state, right) }
}

const bothTypes = ({ left, right }: Sides): readonly DataType[] => [...left.types, ...right.types]

type JoinParts = Pick<Join, 'conditions' | 'residual' | 'delim'>

function readConditionJoin(state: ReadState, object: JsonObject, sides: Sides, delim: Join['delim']): Plan {
  const conditions = asList(object['conditions'], 'join').map((item): JoinCondition => {
    const condition = asObject(item, 'join')
    return {
      operator: readComparisonOperator(condition['comparison']),
      left: readExpression(state, condition['left'], sides.left.types),
      right: readExpression(state, condition['right'], sides.right.types),
    }
  })
  const predicate = readOptional(state, object['predicate'], bothTypes(sides))
  const residual = predicate === undefined ? [] : [predicate]
  return joined(state, object, sides, { conditions, residual, delim })
}

/** The join, with its projection maps as a project over it. */
function joined(state: ReadState, object: JsonObject, sides: Sides, parts: JoinParts): Plan {
  const join = joinOfType(state, object, sides, parts)
  const leftMap = asCounts(object['left_projection_map'], 'projection map')
  const rightMap = asCounts(object['right_projection_map'], 'projection map')
  if (leftMap.length === 0 && rightMap.length === 0) return join
  if (join.kind !== 'join' || join.left !== sides.left) return unreadable('projection map of a join')
  const leftWidth = join.left.types.length
  const all = allOf(join.types)
  const left = leftMap.length === 0 ? all.slice(0, leftWidth) : leftMap
  const right = rightMap.length === 0 ? all.slice(leftWidth) : rightMap.map(position => leftWidth + position)
  return pickedColumns(state, join, [...left, ...right])
}

function joinOfType(state: ReadState, object: JsonObject, sides: Sides, parts: JoinParts): Plan {
  const type = asText(object['join_type'], 'join')
  switch (type) {
    case 'INNER': return joinOf(sides, 'inner', parts)
    case 'LEFT': return joinOf(sides, 'left', parts)
    case 'RIGHT': return joinOf(sides, 'right', parts)
    case 'OUTER': case 'FULL': return joinOf(sides, 'full', parts)
    case 'SEMI': return joinOf(sides, 'semi', parts)
    case 'ANTI': return joinOf(sides, 'anti', parts)
    case 'RIGHT_SEMI': return joinOf(exchanged(sides), 'semi', exchangedParts(sides, parts))
    case 'RIGHT_ANTI': return joinOf(exchanged(sides), 'anti', exchangedParts(sides, parts))
    case 'MARK': return markJoin(sides, parts)
    case 'SINGLE': return checkedSingleJoin(state, joinOf(sides, 'single', parts))
  }
  return unreadable(`join ${type}`)
}

function joinOf({ id, left, right }: Sides, joinType: JoinType, parts: JoinParts): Join {
  const types = joinTypes(joinType, left.types, right.types)
  return { kind: 'join', id, joinType, left, right, ...parts, types, live: allOf(types) }
}

function joinTypes(joinType: JoinType, left: readonly DataType[], right: readonly DataType[]): readonly DataType[] {
  switch (joinType) {
    case 'semi': case 'anti': return left
    case 'mark': return [...left, booleanType]
    case 'inner': case 'left': case 'right': case 'full': case 'single': return [...left, ...right]
  }
  return assertNever(joinType)
}

/**
 * `x IN (…)`, `x > ANY (…)` and EXISTS. IS NOT DISTINCT FROM ties a correlated subquery to its row;
 * the other conditions are the question, whose NULLs count: several equalities or one comparison.
 */
function markJoin(sides: Sides, parts: JoinParts): Join {
  const asked = parts.conditions
    .map(({ operator }) => operator)
    .filter(operator => operator !== 'IS NOT DISTINCT FROM')
  const isOne = asked.length === 1 && asked[0] !== 'IS DISTINCT FROM'
  const isKnown = isOne || asked.every(operator => operator === '=')
  if (!isKnown || parts.residual.length > 0) return unreadable('subquery compared in several ways')
  return joinOf(sides, 'mark', parts)
}

const exchanged = ({ id, left, right }: Sides): Sides => ({ id, left: right, right: left })

const mirrored: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '>': '<',
  '<=': '>=',
  '>=': '<=',
  'IS DISTINCT FROM': 'IS DISTINCT FROM',
  'IS NOT DISTINCT FROM': 'IS NOT DISTINCT FROM',
}

/** The parts of a join whose sides change places. */
function exchangedParts({ left, right }: Sides, { conditions, residual, delim }: JoinParts): JoinParts {
  const leftWidth = left.types.length
  const moved = (index: number): number => index < leftWidth ? index + right.types.length : index - leftWidth
  return {
    conditions: conditions.map(condition => (
      { left: condition.right, right: condition.left, operator: mirrored[condition.operator] }
    )),
    residual: residual.map(expr => mapColumns(expr, moved)),
    delim: delim && { ...delim, source: delim.source === 'left' ? 'right' : 'left' },
  }
}
