/**
 * Arrow values as JavaScript values, exactly:
 *
 *   BOOLEAN boolean · TINYINT … INTEGER, UTINYINT … UINTEGER, FLOAT, DOUBLE number
 *   BIGINT, UBIGINT, HUGEINT, UHUGEINT, BIGNUM bigint · DECIMAL text with its scale, `1.50`
 *   VARCHAR, UUID, JSON, ENUM, BIT, INTERVAL, UNION, TIME WITH TIME ZONE … text as DuckDB casts it
 *   DATE, TIME, TIMESTAMP… text as DuckDB prints it, with time zone in UTC · BLOB Uint8Array
 *   LIST, ARRAY array · STRUCT object · MAP Map · NULL null
 */
import { DataType, TimeUnit, Vector, type Data, type Field, type RecordBatch } from 'apache-arrow'
import { parseDataType, type DataType as SqlType } from '@arbalest/common'
import { dateText, timeText, timestampText } from './temporal-text.js'

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | ReadonlyMap<Value, Value>
  | { readonly [name: string]: Value }

/** Columns of the same name get `_1`, `_2`, … behind it, as DuckDB names them in a subquery. */
export type Row = Readonly<Record<string, Value>>

/** The field metadata under which the server names DuckDB's type. */
const typeKey = 'ARBALEST:type'
/** Types that travel as text because Arrow has nothing as wide. */
const wideIntegers: ReadonlySet<string> = new Set(['HUGEINT', 'UHUGEINT', 'BIGNUM'])

/** DuckDB's name of the field's type, or Arrow's when the server did not say. */
export const typeName = (field: Field): string => field.metadata.get(typeKey) ?? String(field.type)

type Read = (row: number) => Value

export function batchRows(batch: RecordBatch): readonly Row[] {
  const { fields } = batch.schema
  const names = distinctNames(fields.map(({ name }) => name))
  const reads = fields.map((field, index) => columnReader(sqlType(field), batch.data.children[index]))
  return Array.from({ length: batch.numRows }, (_, row) =>
    Object.fromEntries(names.map((name, index) => [name, reads[index]?.(row) ?? null])),
  )
}

function distinctNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let free = name
    for (let n = 1; taken.has(free); n++) free = `${name}_${n}`
    taken.add(free)
    return free
  })
}

/** What the server calls the type; `undefined` when it does not say, or this version does not know it. */
function sqlType(field: Field): SqlType | undefined {
  const name = field.metadata.get(typeKey)
  try {
    return name === undefined ? undefined : parseDataType(name)
  } catch {
    // A type of a newer server: its values are read as Arrow has them.
    return undefined
  }
}

function columnReader(type: SqlType | undefined, data: Data | undefined): Read {
  if (data === undefined) return () => null
  const read = valueReader(data, partsOf(type))
  if (type?.kind !== 'simple' || !wideIntegers.has(type.name)) return orNull(data, read)
  return orNull(data, (row) => BigInt(String(read(row))))
}

/** Types of the nested columns, in Arrow's order. */
function partsOf(type: SqlType | undefined): readonly (SqlType | undefined)[] {
  if (type?.kind === 'list' || type?.kind === 'array') return [type.child]
  if (type?.kind === 'map') return [type.key, type.value]
  if (type?.kind === 'struct') return type.fields.map((field) => field.type)
  return []
}

const orNull =
  (data: Data, read: Read): Read =>
  (row) =>
    data.getValid(row) ? read(row) : null

function valueReader(data: Data, parts: readonly (SqlType | undefined)[]): Read {
  const { type } = data
  if (DataType.isNull(type)) return () => null
  if (DataType.isDecimal(type)) return decimalReader(data, type.scale)
  if (DataType.isDate(type)) return dateReader(data)
  if (DataType.isTime(type)) return timeReader(data, perSecond[type.unit])
  if (DataType.isTimestamp(type)) {
    const zone = type.timezone === null || type.timezone === undefined ? '' : '+00'
    const units = bigints(data)
    return (row) => timestampText(units(row), perSecond[type.unit], zone)
  }
  const item = columnReader(parts[0], data.children[0])
  if (DataType.isList(type))
    return listReader(item, (row) => [data.valueOffsets[row] ?? 0, data.valueOffsets[row + 1] ?? 0])
  if (DataType.isFixedSizeList(type)) {
    return listReader(item, (row) => [
      (row + data.offset) * type.listSize,
      (row + data.offset + 1) * type.listSize,
    ])
  }
  if (DataType.isMap(type)) return mapReader(data, parts)
  if (DataType.isStruct(type)) return structReader(data, type.children, parts)
  const vector = new Vector([data])
  return (row) => vector.get(row) as Value
}

const perSecond: Readonly<Record<TimeUnit, bigint>> = {
  [TimeUnit.SECOND]: 1n,
  [TimeUnit.MILLISECOND]: 1_000n,
  [TimeUnit.MICROSECOND]: 1_000_000n,
  [TimeUnit.NANOSECOND]: 1_000_000_000n,
}

/** Reads 64-bit units; a 32-bit array is widened. */
function bigints(data: Data): (row: number) => bigint {
  const values = data.values as BigInt64Array | Int32Array
  return (row) => BigInt(values[row] ?? 0)
}

function dateReader(data: Data): Read {
  const values = data.values as Int32Array
  return (row) => dateText(values[row] ?? 0)
}

function timeReader(data: Data, unitsPerSecond: bigint): Read {
  const units = bigints(data)
  return (row) => timeText(units(row), unitsPerSecond)
}

/** Decimals lie in words of 32 bits, the least one first, in two's complement. */
function decimalReader(data: Data, scale: number): Read {
  const words = data.values as Uint32Array
  const stride = (data.type as { readonly bitWidth?: number }).bitWidth ?? 128
  const perValue = stride / 32
  return (row) => {
    let value = 0n
    for (let word = perValue - 1; word >= 0; word--)
      value = (value << 32n) | BigInt(words[row * perValue + word] ?? 0)
    return decimalText(BigInt.asIntN(stride, value), scale)
  }
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const sign = unscaled < 0n ? '-' : ''
  if (scale === 0) return sign + digits
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function listReader(read: Read, bounds: (row: number) => readonly [number, number]): Read {
  return (row) => {
    const [from, to] = bounds(row)
    return Array.from({ length: to - from }, (_, index) => read(from + index))
  }
}

function mapReader(data: Data, [keyType, valueType]: readonly (SqlType | undefined)[]): Read {
  const entries = data.children[0]
  if (entries === undefined) return () => new Map()
  const key = columnReader(keyType, entries.children[0])
  const value = columnReader(valueType, entries.children[1])
  return (row) => {
    const from = data.valueOffsets[row] ?? 0
    const to = data.valueOffsets[row + 1] ?? 0
    return new Map(
      Array.from(
        { length: to - from },
        (_, index) => [key(from + index), value(from + index)] as const,
      ),
    )
  }
}

function structReader(
  data: Data,
  fields: readonly Field[],
  parts: readonly (SqlType | undefined)[],
): Read {
  const reads = fields.map((_, index) => columnReader(parts[index], data.children[index]))
  return (row) =>
    Object.fromEntries(fields.map(({ name }, index) => [name, reads[index]?.(row) ?? null]))
}
