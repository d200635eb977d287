/**
 * Expressions as SQL. Every form that could bind differently beside its neighbours is in parentheses,
 * so that DuckDB reads back the plan's expression and no other.
 */
import { assert, assertNever, quoteIdentifier, typeToSql, type DataType } from '@arbalest/common'
import {
  arraysAsLists, castSql, hasArray, typeOf, type AggregateCall, type Case, type Expr, type FunctionCall,
  type Operator, type SortOrder, updateFunction,
} from '@arbalest/plan'
import { functionName } from './function-name.js'
import { orderItem } from './order-item.js'
import { renderConstant } from './render-constant.js'
import { renderWindowCall } from './render-window-call.js'

/** The SQL of a column of the input by its position. */
export type ColumnSql = (index: number) => string

export function renderExpr(expr: Expr, column: ColumnSql): string {
  const render = (part: Expr) => renderExpr(part, column)
  switch (expr.kind) {
    case 'column': return column(expr.index)
    case 'constant': return renderConstant(expr)
    case 'parameter': return expr.name
    case 'lambda': return `lambda ${expr.parameters.join(', ')}: ${render(expr.body)}`
    case 'comparison': return `(${render(expr.left)} ${expr.operator} ${render(expr.right)})`
    case 'and': return renderTerms(expr.terms.map(render), 'AND', 'true')
    case 'or': return renderTerms(expr.terms.map(render), 'OR', 'false')
    case 'cast':
      if (!expr.isTry) return castSql(render(expr.input), expr.type)
      return `TRY_CAST(${render(expr.input)} AS ${typeToSql(expr.type)})`
    case 'case': return renderCase(expr, render)
    case 'between': {
      const [input, low, high] = [render(expr.input), render(expr.low), render(expr.high)]
      if (expr.lowInclusive && expr.highInclusive) return `(${input} BETWEEN ${low} AND ${high})`
      const [above, below] = [expr.lowInclusive ? '>=' : '>', expr.highInclusive ? '<=' : '<']
      return `(${input} ${above} ${low} AND ${input} ${below} ${high})`
    }
    case 'operator': return renderOperator(expr, render)
    case 'function': return renderFunction(expr, render)
    case 'aggregate': return renderAggregateCall(expr, column)
    case 'window': return renderWindowCall(expr, render)
  }
  return assertNever(expr)
}

/**
 * ` ORDER BY …`, or nothing; the order of NULLs is always said. Constants order nothing, and DuckDB refuses a
 * text among the keys.
 */
export function renderOrders(orders: readonly SortOrder[], column: ColumnSql): string {
  const items = orders.filter(({ expr }) => expr.kind !== 'constant')
    .map((order) => orderItem(order, renderExpr(order.expr, column)))
  return items.length === 0 ? '' : ` ORDER BY ${items.join(', ')}`
}

/**
 * An expression as an output column of exactly this type. DuckDB binds decimal arithmetic anew and may
 * find one digit more than the plan has, as the plan's casts of the arguments look like wider inputs.
 */
export function renderOutput(expr: Expr, type: DataType, column: ColumnSql): string {
  const sql = renderExpr(expr, column)
  return mayWiden(expr) ? castSql(sql, type) : sql
}

function mayWiden(expr: Expr): boolean {
  switch (expr.kind) {
    case 'function': return expr.type.kind === 'decimal'
    case 'case':
      return expr.type.kind === 'decimal' && [expr.otherwise, ...expr.branches.map((b) => b.then)].some(mayWiden)
    case 'operator':
      return expr.type.kind === 'decimal' && expr.args.some(mayWiden)
    // a sum has all digits whatever its argument has
    case 'aggregate':
      return expr.type.kind === 'decimal' && expr.name !== 'sum' && expr.args.some(mayWiden)
    case 'column':
    case 'constant':
    case 'parameter':
    case 'lambda':
    case 'comparison':
    case 'and':
    case 'or':
    case 'cast':
    case 'between':
    case 'window':
      return false
  }
  return assertNever(expr)
}

function renderTerms(terms: readonly string[], word: string, none: string): string {
  const [first = none] = terms
  return terms.length > 1 ? `(${terms.join(` ${word} `)})` : first
}

/** DuckDB computes none over arrays: there its values are lists, of which an array is made afterwards. */
function renderCase({ branches, otherwise, type }: Case, render: (part: Expr) => string): string {
  const isOfArrays = hasArray(type)
  const value = (part: Expr) => (isOfArrays ? castSql(render(part), arraysAsLists(type)) : render(part))
  const list = branches.map(({ when, then }) => `WHEN ${render(when)} THEN ${value(then)}`)
  const sql = `(CASE ${list.join(' ')} ELSE ${value(otherwise)} END)`
  return isOfArrays ? castSql(sql, type) : sql
}

function renderOperator(expr: Operator, render: (part: Expr) => string): string {
  const args = expr.args.map(render)
  const [first, ...others] = args
  assert(first !== undefined, `${expr.operator} has an argument`)
  switch (expr.operator) {
    case 'is-null': return `(${first} IS NULL)`
    case 'is-not-null': return `(${first} IS NOT NULL)`
    case 'not': return `(NOT ${first})`
    case 'coalesce': return `COALESCE(${args.join(', ')})`
    case 'in': return `(${first} IN (${others.join(', ')}))`
    case 'not-in': return `(${first} NOT IN (${others.join(', ')}))`
    case 'try': return `TRY(${first})`
  }
  return assertNever(expr.operator)
}

function renderFunction(expr: FunctionCall, render: (part: Expr) => string): string {
  const args = expr.args.map(render)
  if (expr.infix && args.length === 2) return `(${args[0]} ${expr.name} ${args[1]})`
  if (expr.infix && args.length === 1) return `(${expr.name} ${args[0]})`
  const slice = renderSlice(expr, args)
  if (slice !== undefined) return slice
  return `${functionName(expr.name)}(${withFieldNames(expr, args).join(', ')})`
}

/** `l[2:]`: an open border is an empty list in the plan, which no argument can be. */
function renderSlice(expr: FunctionCall, [list, ...borders]: readonly string[]): string | undefined {
  if (expr.name !== 'array_slice' && expr.name !== 'list_slice') return undefined
  const isOpen = expr.args.slice(1).map((arg) => arg.kind === 'constant' && typeOf(arg).kind === 'list')
  if (!isOpen.includes(true)) return undefined
  const [from = '', to = '', step] = borders.map((border, i) => (isOpen[i] === true ? '' : border))
  return step === undefined ? `(${list})[${from}:${to}]` : `(${list})[${from}:${to === '' ? '-' : to}:${step}]`
}

/** Functions that make structs and unions take the names of fields, which only the type remembers. */
function withFieldNames(expr: FunctionCall, args: readonly string[]): readonly string[] {
  const { type } = expr
  const named = (fields: readonly { readonly name: string }[], from: number) =>
    args.map((arg, i) => (i < from ? arg : `${quoteIdentifier(fields[i - from]?.name ?? '')} := ${arg}`))
  if (expr.name === 'struct_pack' && type.kind === 'struct') return named(type.fields, 0)
  if (expr.name === 'union_value' && type.kind === 'union') return named(type.members, 0)
  if (expr.name === 'struct_insert' && type.kind === 'struct') {
    return named(type.fields.slice(type.fields.length - args.length + 1), 1)
  }
  if (expr.name === updateFunction) return withUpdatedFields(expr, args)
  return args
}

/** Each value after the constant that names its field. */
function withUpdatedFields({ args: exprs }: FunctionCall, args: readonly string[]): readonly string[] {
  return args.flatMap((arg, i) => {
    const name = i > 0 && i % 2 === 0 ? exprs[i - 1] : undefined
    if (name?.kind !== 'constant' || name.value.kind !== 'text') return i === 0 ? [arg] : []
    return [`${quoteIdentifier(name.value.text)} := ${arg}`]
  })
}

function renderAggregateCall(call: AggregateCall, column: ColumnSql): string {
  const args = call.args.map((arg) => renderExpr(arg, column)).join(', ')
  const orders = renderOrders(call.orders, column)
  const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${renderExpr(call.filter, column)})`
  if (call.args.length === 0) return `${functionName(call.name)}(*)${filter}`
  return `${functionName(call.name)}(${call.distinct ? 'DISTINCT ' : ''}${args}${orders})${filter}`
}
