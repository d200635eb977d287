/**
 * Constants as SQL that gives back exactly their value and type, whatever stands around them: DuckDB
 * would choose other overloads for a bare `5` than for the plan's `CAST(5 AS INTEGER)`.
 */
import { assert, assertNever, quoteIdentifier, quoteLiteral, typeToSql, type DataType } from '@arbalest/common'
import {
  hasUnnamedFields, isoDateOf, isoTimestampOf, nullSql, rowSql, timestampDigits, type Constant, type ConstantValue,
} from '@arbalest/plan'

export function renderConstant(constant: Constant): string {
  const { type, value } = constant
  switch (value.kind) {
    case 'null': return nullSql(type)
    case 'boolean': return value.value ? 'true' : 'false'
    case 'text': return renderText(value.text, type)
    case 'days': return renderDays(value.days)
    case 'ticks': return renderTicks(BigInt(value.ticks), type)
    case 'interval': return renderInterval(value)
    case 'list':
      if (value.items.length === 0 && hasUnnamedFields(type)) return `(${nullSql(type)}[1:0])`
      return cast(listText(value.items, type), type)
    case 'struct': return renderStruct(value.items.map(renderConstant), type)
    case 'union': return renderUnion(value.member, value.item, type)
  }
  return assertNever(value)
}

/** Items have their exact types already: what SQL has no name for needs no cast. */
const cast = (sql: string, type: DataType): string =>
  hasUnnamedFields(type) ? sql : `CAST(${sql} AS ${typeToSql(type)})`

const renderStruct = (items: readonly string[], type: DataType): string =>
  type.kind === 'struct' && hasUnnamedFields(type)
    ? rowSql(type.fields, items)
    : cast(`row(${items.join(', ')})`, type)

function renderUnion(member: number, item: Constant, type: DataType): string {
  const name = type.kind === 'union' ? type.members[member]?.name : undefined
  assert(name !== undefined, `a UNION has member ${member}`)
  return cast(`union_value(${quoteIdentifier(name)} := ${renderConstant(item)})`, type)
}

function renderText(text: string, type: DataType): string {
  if (type.kind === 'simple') {
    if (type.name === 'VARCHAR') return quoteText(text)
    if (wholeNumberTypes.has(type.name) && /^-?\d{1,18}$/.test(text)) return cast(text, type)
  }
  return cast(quoteText(text), type)
}

const wholeNumberTypes: ReadonlySet<string> = new Set([
  'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT',
])

/** SQL text ends at a zero character, so such characters are put in by `chr(0)`. */
const quoteText = (text: string): string =>
  text.includes('\0') ? `(${text.split('\0').map(quoteLiteral).join(' || chr(0) || ')})` : quoteLiteral(text)

function listText(items: readonly Constant[], type: DataType): string {
  if (type.kind !== 'map') return `[${items.map(renderConstant).join(', ')}]`
  const parts = items.map((item) => {
    assert(item.value.kind === 'struct' && item.value.items.length === 2, 'a map entry is a key and a value')
    return item.value.items.map(renderConstant)
  })
  return `map([${parts.map(([key]) => key).join(', ')}], [${parts.map(([, value]) => value).join(', ')}])`
}

// ---- dates and times -----------------------------------------------------------------------------

/** DuckDB's infinite dates are the largest number and its opposite. */
const infiniteDays = 2_147_483_647

function renderDays(days: number): string {
  if (days === infiniteDays) return "CAST('infinity' AS DATE)"
  if (days === -infiniteDays) return "CAST('-infinity' AS DATE)"
  const isoDate = isoDateOf(days)
  return isoDate === undefined ? `(DATE '1970-01-01' + CAST(${days} AS INTEGER))` : `DATE '${isoDate}'`
}

const infiniteTicks = 9_223_372_036_854_775_807n

function renderTicks(ticks: bigint, type: DataType): string {
  const name = typeToSql(type)
  const width = timestampDigits[name]
  assert(width !== undefined, `ticks are of a TIMESTAMP type, not of ${name}`)
  if (ticks === infiniteTicks) return cast("'infinity'", type)
  if (ticks === -infiniteTicks) return cast("'-infinity'", type)
  const text = isoTimestampOf(ticks, width)
  if (text === undefined) return farTimestamp(ticks, width, name)
  return cast(`'${text}${name === 'TIMESTAMP WITH TIME ZONE' ? '+00' : ''}'`, type)
}

/** Outside years 1 to 9999 text is ambiguous, so that the number of microseconds says it. */
function farTimestamp(ticks: bigint, width: number, name: string): string {
  assert(width <= 6, `${name} does not reach beyond year 9999`)
  const micros = ticks * 10n ** BigInt(6 - width)
  const make = name === 'TIMESTAMP WITH TIME ZONE' ? 'make_timestamptz' : 'make_timestamp'
  const sql = `${make}(CAST('${micros}' AS BIGINT))`
  return make === 'make_timestamptz' || name === 'TIMESTAMP' ? sql : `CAST(${sql} AS ${name})`
}

/** The three parts one by one: a month has no fixed number of days. */
function renderInterval(value: Extract<ConstantValue, { readonly kind: 'interval' }>): string {
  const parts = [
    value.months === 0 ? [] : [`to_months(${value.months})`],
    value.days === 0 ? [] : [`to_days(${value.days})`],
    value.micros === '0' ? [] : [`to_microseconds(CAST('${value.micros}' AS BIGINT))`],
  ].flat()
  return parts.length === 0 ? 'to_days(0)' : `(${parts.join(' + ')})`
}
