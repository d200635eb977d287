/** Expressions for people: SQL-like, short, with the given names of columns. Not meant to be run. */
import { assertNever, quoteLiteral, typeToSql } from '@arbalest/common'
import { isoDateOf, isoTimestampOf, timestampDigits } from './calendar.js'
import type { AggregateCall, Constant, Expr, FrameBound, Operator, SortOrder, WindowCall } from './expr.js'

export type ColumnNames = (index: number) => string

export function printExpr(expr: Expr, names: ColumnNames): string {
  return printInside(expr, names, false)
}

/** `nested` puts infix forms into parentheses. */
function printInside(expr: Expr, names: ColumnNames, nested: boolean): string {
  const part = (inner: Expr) => printInside(inner, names, true)
  const list = (exprs: readonly Expr[]) => exprs.map((inner) => printExpr(inner, names)).join(', ')
  const infix = (text: string) => (nested ? `(${text})` : text)
  switch (expr.kind) {
    case 'column': return names(expr.index)
    case 'constant': return printConstant(expr)
    case 'parameter': return expr.name
    case 'lambda': return `lambda ${expr.parameters.join(', ')}: ${printExpr(expr.body, names)}`
    case 'comparison': return infix(`${part(expr.left)} ${expr.operator} ${part(expr.right)}`)
    case 'and': return infix(expr.terms.map(part).join(' AND '))
    case 'or': return infix(expr.terms.map(part).join(' OR '))
    case 'cast': return `${part(expr.input)}::${typeToSql(expr.type)}`
    case 'case': {
      const branches = expr.branches.map(({ when, then }) => `WHEN ${part(when)} THEN ${part(then)}`)
      return `CASE ${branches.join(' ')} ELSE ${part(expr.otherwise)} END`
    }
    case 'between': {
      const [input, low, high] = [part(expr.input), part(expr.low), part(expr.high)]
      if (expr.lowInclusive && expr.highInclusive) return infix(`${input} BETWEEN ${low} AND ${high}`)
      const [above, below] = [expr.lowInclusive ? '>=' : '>', expr.highInclusive ? '<=' : '<']
      return infix(`${input} ${above} ${low} AND ${input} ${below} ${high}`)
    }
    case 'operator': return printOperator(expr, part, list, infix)
    case 'function': {
      const word = infixWords[expr.name] ?? (/^[^a-z0-9_]+$/i.test(expr.name) ? expr.name : undefined)
      const args = expr.args.map(part)
      if (word !== undefined && args.length === 2) return infix(args.join(` ${word} `))
      if (word !== undefined && args.length === 1) return infix(`${word}${args.join('')}`)
      return `${expr.name}(${list(expr.args)})`
    }
    case 'aggregate': return printAggregate(expr, names)
    case 'window': return printWindow(expr, names)
  }
  return assertNever(expr)
}

const infixWords: Readonly<Record<string, string>> = {
  '~~': 'LIKE',
  '!~~': 'NOT LIKE',
  '~~*': 'ILIKE',
  '!~~*': 'NOT ILIKE',
}

function printOperator(
  expr: Operator,
  part: (expr: Expr) => string,
  list: (exprs: readonly Expr[]) => string,
  infix: (text: string) => string,
): string {
  const [first, ...others] = expr.args
  const subject = first === undefined ? '' : part(first)
  switch (expr.operator) {
    case 'is-null': return infix(`${subject} IS NULL`)
    case 'is-not-null': return infix(`${subject} IS NOT NULL`)
    case 'not': return infix(`NOT ${subject}`)
    case 'coalesce': return `coalesce(${list(expr.args)})`
    case 'in': return infix(`${subject} IN (${shortList(others, list)})`)
    case 'not-in': return infix(`${subject} NOT IN (${shortList(others, list)})`)
    case 'try': return `TRY(${list(expr.args)})`
  }
  return assertNever(expr.operator)
}

/** Values of an IN list that are printed; the others are counted. */
const listedMax = 10

const shortList = (exprs: readonly Expr[], list: (exprs: readonly Expr[]) => string): string =>
  exprs.length <= listedMax
    ? list(exprs)
    : `${list(exprs.slice(0, listedMax))}, … ${exprs.length - listedMax} more`

export const printOrders = (orders: readonly SortOrder[], names: ColumnNames): string =>
  orders.map((order) => printExpr(order.expr, names) + orderWords(order)).join(', ')

/** The words that differ from ascending with NULLs last. */
const orderWords = (order: SortOrder): string =>
  `${order.descending ? ' DESC' : ''}${order.nullsFirst ? ' NULLS FIRST' : ''}`

function printAggregate(call: AggregateCall, names: ColumnNames): string {
  const args = call.args.length === 0 ? '*' : call.args.map((arg) => printExpr(arg, names)).join(', ')
  const orders = call.orders.length === 0 ? '' : ` ORDER BY ${printOrders(call.orders, names)}`
  const filter = call.filter === undefined ? '' : ` FILTER (${printExpr(call.filter, names)})`
  return `${call.name}(${call.distinct ? 'DISTINCT ' : ''}${args}${orders})${filter}`
}

function printWindow(call: WindowCall, names: ColumnNames): string {
  const args = call.args.map((arg) => printExpr(arg, names)).join(', ')
  const inside = [
    ...(call.distinct ? ['DISTINCT'] : []),
    ...(args === '' ? [] : [args]),
    ...(call.argOrders.length === 0 ? [] : [`ORDER BY ${printOrders(call.argOrders, names)}`]),
    ...(call.ignoreNulls ? ['IGNORE NULLS'] : []),
  ].join(' ')
  const over = [
    ...(call.partitions.length === 0
      ? []
      : [`PARTITION BY ${call.partitions.map((expr) => printExpr(expr, names)).join(', ')}`]),
    ...(call.orders.length === 0 ? [] : [`ORDER BY ${printOrders(call.orders, names)}`]),
    ...printFrame(call.frame, names),
  ].join(' ')
  const filter = call.filter === undefined ? '' : ` FILTER (${printExpr(call.filter, names)})`
  return `${call.name}(${inside})${filter} OVER (${over})`
}

function printFrame(frame: WindowCall['frame'], names: ColumnNames): readonly string[] {
  const { unit, start, end, exclude } = frame
  const isDefault = unit === 'RANGE' && start.kind === 'unbounded-preceding' && end.kind === 'current-row'
  if (isDefault && exclude === 'none') return []
  const bound = (at: FrameBound) =>
    'offset' in at ? `${printExpr(at.offset, names)} ${at.kind.toUpperCase()}` : words(at.kind)
  return [`${unit} ${bound(start)} TO ${bound(end)}${exclude === 'none' ? '' : ` EXCLUDE ${words(exclude)}`}`]
}

const words = (kind: string): string => kind.toUpperCase().replace('-', ' ')

function printConstant({ type, value }: Constant): string {
  switch (value.kind) {
    case 'null': return 'NULL'
    case 'boolean': return String(value.value)
    case 'text': return printText(value.text, typeToSql(type))
    case 'days': return `DATE '${isoDateOf(value.days) ?? value.days}'`
    case 'ticks': return printTicks(value.ticks, typeToSql(type))
    case 'interval': return `INTERVAL '${value.months} months ${value.days} days ${value.micros} us'`
    case 'list': return `[${value.items.map(printConstant).join(', ')}]`
    case 'struct': return `(${value.items.map(printConstant).join(', ')})`
    case 'union': return printConstant(value.item)
  }
  return assertNever(value)
}

function printTicks(ticks: string, type: string): string {
  const digits = timestampDigits[type]
  const text = digits === undefined ? undefined : isoTimestampOf(BigInt(ticks), digits)
  return `${type} '${text ?? ticks}'`
}

const isPlainNumber = /^-?\d+(\.\d+)?$/

/** Numbers stand as they are; a text of another type than VARCHAR has its type in front. */
function printText(text: string, type: string): string {
  if (type === 'VARCHAR') return quoteLiteral(text)
  const isNumber = isPlainNumber.test(text) && /INT|DECIMAL|DOUBLE|FLOAT/.test(type)
  return isNumber ? text : `${type.startsWith('ENUM') ? '' : `${type} `}${quoteLiteral(text)}`
}
