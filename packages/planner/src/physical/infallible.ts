/** Expressions that raise an error for no row at all: what may be computed for rows that nobody asked it for. */
import { assertNever, isInteger, type DataType } from '@arbalest/common'
import { childExprs, typeOf, type Cast, type Expr, type FunctionCall } from '@arbalest/plan'

/** True for columns, constants, comparisons, logic, cases, searches in texts, exact arithmetic and casts with room. */
export function cannotFail(expr: Expr): boolean {
  return isSafe(expr) && childExprs(expr).every(cannotFail)
}

function isSafe(expr: Expr): boolean {
  switch (expr.kind) {
    case 'column': case 'constant': case 'and': case 'or': case 'case': return true
    case 'comparison': return isPlain(typeOf(expr.left)) && isPlain(typeOf(expr.right))
    case 'between': return [expr.input, expr.low, expr.high].every((part) => isPlain(typeOf(part)))
    case 'operator': return expr.operator !== 'try' && expr.args.every((arg) => isPlain(typeOf(arg)))
    case 'cast': return hasRoom(expr)
    case 'function': return isSafeCall(expr)
    case 'aggregate': case 'window': case 'lambda': case 'parameter': return false
  }
  return assertNever(expr)
}

/** Types that compare value by value. */
const isPlain = (type: DataType): boolean =>
  type.kind === 'decimal' || type.kind === 'enum' || (type.kind === 'simple' && type.name !== 'VARIANT')

const searches = new Set(['~~', '!~~', 'prefix', 'suffix', 'contains'])

function isSafeCall(call: FunctionCall): boolean {
  const { name, args, type, isVolatile } = call
  const [left, right] = args.map(typeOf)
  if (isVolatile || left === undefined || right === undefined || args.length !== 2) return false
  if (searches.has(name)) return [left, right].every((one) => one.kind === 'simple' && one.name === 'VARCHAR')
  if (type.kind !== 'decimal' || left.kind !== 'decimal' || right.kind !== 'decimal') return false
  const scale = name === '*' ? left.scale + right.scale : Math.max(left.scale, right.scale)
  return scale === type.scale && digitsBeforePoint(call) <= wholes(type)
}

const wholes = ({ width, scale }: { readonly width: number; readonly scale: number }): number => width - scale

/** How many digits the value of a decimal or an integer has before the point at most; DuckDB's types say more. */
export function digitsBeforePoint(expr: Expr): number {
  const { kind } = expr
  const type = typeOf(expr)
  if (kind === 'cast') return digitsBeforePoint(expr.input)
  if (kind === 'constant' && expr.value.kind === 'text') return expr.value.text.replace(/^-|\..*$/g, '').length
  if (kind === 'function' && type.kind === 'decimal') {
    const digits = expr.args.map(digitsBeforePoint)
    if (expr.name === '*') return digits.reduce((sum, count) => sum + count, 0)
    return expr.name === '+' || expr.name === '-' ? Math.max(...digits) + 1 : Infinity
  }
  return type.kind === 'decimal' ? wholes(type) : integerDigits(type)
}

/** Digits that every value of an integer type fits into. */
const digitsOf: Readonly<Record<string, number>> = {
  TINYINT: 3, UTINYINT: 3, SMALLINT: 5, USMALLINT: 5, INTEGER: 10, UINTEGER: 10, BIGINT: 19, UBIGINT: 20,
}
/** Bits that an integer type has for numbers above zero. */
const bitsOf: Readonly<Record<string, number>> = {
  TINYINT: 7, SMALLINT: 15, INTEGER: 31, BIGINT: 63, UTINYINT: 8, USMALLINT: 16, UINTEGER: 32, UBIGINT: 64,
}

const integerDigits = (type: DataType): number => (type.kind === 'simple' ? digitsOf[type.name] ?? Infinity : Infinity)

/** Whether the target type takes every value of the other. */
function hasRoom({ input, type }: Cast): boolean {
  const from = typeOf(input)
  if (type.kind === 'decimal') {
    if (from.kind === 'decimal') return type.scale >= from.scale && wholes(type) >= wholes(from)
    return wholes(type) >= integerDigits(from)
  }
  if (type.kind !== 'simple') return false
  if (type.name === 'VARCHAR') return from.kind === 'enum'
  if (type.name === 'DOUBLE') return from.kind === 'decimal' || isInteger(from)
  if (from.kind !== 'simple' || !isInteger(from) || !isInteger(type)) return false
  const isSigned = !type.name.startsWith('U')
  return (isSigned || from.name.startsWith('U')) && (bitsOf[type.name] ?? 0) >= (bitsOf[from.name] ?? Infinity)
}
