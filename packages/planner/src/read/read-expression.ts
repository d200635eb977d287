/** Expressions of DuckDB's plan JSON: everything but aggregate and window calls. */
import { sameType, type DataType } from '@arbalest/common'
import {
  updateFunction, type Case, type ComparisonOperator, type Conjunction, type Expr, type Operator, type SortOrder,
} from '@arbalest/plan'
import { asBoolean, asCount, asList, asObject, asText, type JsonObject } from './json-value.js'
import { readConstant } from './read-constant.js'
import { readFunction } from './read-function.js'
import { lambdaFunctions, readLambdaCall } from './read-lambda.js'
import type { ReadState } from './read-state.js'
import { readStructUpdate } from './read-struct-update.js'
import { checkChoice, readType } from './read-type.js'
import { unreadable } from './unreadable-plan.js'

/**
 * Reads an expression over columns of the types `inputs`. A column that DuckDB takes for another type
 * than the operator below gives it is readable only below the cast to that very type: so the casts of
 * a stub view fold into its scan, and nothing else is lost.
 */
export function readExpression(state: ReadState, json: unknown, inputs: readonly DataType[]): Expr {
  state.enter()
  const expr = readKnown(state, asObject(json, 'expression'), inputs)
  state.leave()
  return expr
}

function readKnown(state: ReadState, object: JsonObject, inputs: readonly DataType[]): Expr {
  const kind = asText(object['expression_class'], 'expression')
  switch (kind) {
    case 'BOUND_REF': return readColumn(object, inputs)
    case 'BOUND_CONSTANT': return readConstant(object['value'])
    case 'BOUND_COMPARISON': return readComparison(state, object, inputs)
    case 'BOUND_CONJUNCTION': return readConjunction(state, object, inputs)
    case 'BOUND_CAST': return readCast(state, object, inputs)
    case 'BOUND_CASE': return readCase(state, object, inputs)
    case 'BOUND_BETWEEN': return readBetween(state, object, inputs)
    case 'BOUND_OPERATOR': return readOperator(state, object, inputs)
    case 'BOUND_FUNCTION': {
      const args = readExpressions(state, object['children'], inputs)
      return lambdaFunctions.has(String(object['name']))
        ? readLambdaCall(state, object, args, readExpression)
        : readScalar(state, object, args)
    }
  }
  return unreadable(`expression ${kind}`)
}

const readScalar = (state: ReadState, object: JsonObject, args: readonly Expr[]): Expr => (
  object['name'] === updateFunction
    ? readStructUpdate(object, args, state.context.updatedFields ?? [])
    : readFunction(object, args)
)

export function readExpressions(
  state: ReadState, json: unknown, inputs: readonly DataType[],
): readonly Expr[] {
  return asList(json, 'expressions').map(item => readExpression(state, item, inputs))
}

/** `undefined` for null. */
export function readOptional(
  state: ReadState, json: unknown, inputs: readonly DataType[],
): Expr | undefined {
  return json === null || json === undefined ? undefined : readExpression(state, json, inputs)
}

export function readOrders(
  state: ReadState, json: unknown, inputs: readonly DataType[],
): readonly SortOrder[] {
  return asList(json, 'orders').map(item => {
    const order = asObject(item, 'order')
    return {
      expr: readExpression(state, order['expression'], inputs),
      descending: oneOf(order['type'], 'DESCENDING', 'ASCENDING'),
      nullsFirst: oneOf(order['null_order'], 'NULLS FIRST', 'NULLS LAST'),
    }
  })
}

function oneOf(value: unknown, yes: string, no: string): boolean {
  if (value !== yes && value !== no) return unreadable('shape of order')
  return value === yes
}

const comparisonOperators: Readonly<Record<string, ComparisonOperator>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '<>',
  COMPARE_LESSTHAN: '<',
  COMPARE_GREATERTHAN: '>',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHANOREQUALTO: '>=',
  COMPARE_DISTINCT_FROM: 'IS DISTINCT FROM',
  COMPARE_NOT_DISTINCT_FROM: 'IS NOT DISTINCT FROM',
}

export function readComparisonOperator(json: unknown): ComparisonOperator {
  const name = asText(json, 'comparison')
  return comparisonOperators[name] ?? unreadable(`comparison ${name}`)
}

/** Joins terms, taking apart those of the same kind, so that long chains do not nest. */
export function conjunction(kind: Conjunction['kind'], terms: readonly Expr[]): Expr {
  const flat = terms.flatMap(term => term.kind === kind ? term.terms : [term])
  const [only] = flat
  return flat.length === 1 && only !== undefined ? only : { kind, terms: flat }
}

function readColumn(object: JsonObject, inputs: readonly DataType[]): Expr {
  const index = asCount(object['index'], 'column')
  const type = inputs[index] ?? unreadable('column out of range')
  if (!sameType(type, readType(object['return_type']))) return unreadable('column of another type')
  return { kind: 'column', index, type }
}

function readComparison(state: ReadState, object: JsonObject, inputs: readonly DataType[]): Expr {
  return {
    kind: 'comparison',
    operator: readComparisonOperator(object['type']),
    left: readExpression(state, object['left'], inputs),
    right: readExpression(state, object['right'], inputs),
  }
}

const conjunctions: Readonly<Record<string, Conjunction['kind']>> = { CONJUNCTION_AND: 'and', CONJUNCTION_OR: 'or' }

function readConjunction(state: ReadState, object: JsonObject, inputs: readonly DataType[]): Expr {
  const name = asText(object['type'], 'conjunction')
  const kind = conjunctions[name] ?? unreadable(`expression ${name}`)
  return conjunction(kind, readExpressions(state, termsOf(object, name), inputs))
}

/** The terms of a chain that may nest thousands of levels deep, in their order. */
function termsOf(object: JsonObject, name: string): readonly unknown[] {
  const terms: unknown[] = []
  const open: unknown[] = [object]
  while (open.length > 0) {
    const part = open.pop()
    const { expression_class: partClass, type, children } = asObject(part, 'conjunction')
    if (partClass === 'BOUND_CONJUNCTION' && type === name) open.push(...asList(children, 'conjunction').toReversed())
    else terms.push(part)
  }
  return terms
}

function readCast(state: ReadState, object: JsonObject, inputs: readonly DataType[]): Expr {
  const type = readType(object['return_type'])
  const isTry = asBoolean(object['try_cast'], 'cast')
  const folded = foldedColumn(object['child'], type, inputs)
  if (folded !== undefined) return folded
  return { kind: 'cast', input: readExpression(state, object['child'], inputs), type, isTry }
}

/** The cast of a stub view: the column below has the wanted type already, whatever DuckDB thinks. */
function foldedColumn(child: unknown, type: DataType, inputs: readonly DataType[]): Expr | undefined {
  const object = asObject(child, 'cast')
  if (object['expression_class'] !== 'BOUND_REF') return undefined
  const index = asCount(object['index'], 'column')
  const given = inputs[index]
  if (given === undefined || !sameType(given, type)) return undefined
  return { kind: 'column', index, type: given }
}

function readCase(state: ReadState, object: JsonObject, inputs: readonly DataType[]): Case {
  const type = readType(object['return_type'])
  checkChoice(type)
  return {
    kind: 'case',
    branches: asList(object['case_checks'], 'case').map(item => {
      const check = asObject(item, 'case')
      return {
        when: readExpression(state, check['when_expr'], inputs),
        then: readExpression(state, check['then_expr'], inputs),
      }
    }),
    otherwise: readExpression(state, object['else_expr'], inputs),
    type,
  }
}

function readBetween(state: ReadState, object: JsonObject, inputs: readonly DataType[]): Expr {
  return {
    kind: 'between',
    input: readExpression(state, object['input'], inputs),
    low: readExpression(state, object['lower'], inputs),
    high: readExpression(state, object['upper'], inputs),
    lowInclusive: asBoolean(object['lower_inclusive'], 'between'),
    highInclusive: asBoolean(object['upper_inclusive'], 'between'),
  }
}

const operators: Readonly<Record<string, Operator['operator']>> = {
  OPERATOR_IS_NULL: 'is-null',
  OPERATOR_IS_NOT_NULL: 'is-not-null',
  OPERATOR_NOT: 'not',
  OPERATOR_COALESCE: 'coalesce',
  COMPARE_IN: 'in',
  COMPARE_NOT_IN: 'not-in',
  OPERATOR_TRY: 'try',
}

function readOperator(state: ReadState, object: JsonObject, inputs: readonly DataType[]): Expr {
  const name = asText(object['type'], 'operator')
  const operator = operators[name] ?? unreadable(`expression ${name}`)
  const args = readExpressions(state, object['children'], inputs)
  return { kind: 'operator', operator, args, type: readType(object['return_type']) }
}
