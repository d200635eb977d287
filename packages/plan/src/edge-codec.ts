/**
 * How values lie in the Parquet files between stages and in managed tables: types that Parquet would
 * lose are encoded by the SELECT that writes and decoded by the view that reads.
 *
 *   type                        stored as
 *   HUGEINT, UHUGEINT           STRUCT(h, l): the upper and the lower 64 bits
 *   INTERVAL                    STRUCT(months, days, micros)
 *   UNION                       STRUCT(t, m0, m1, …): the tag and every member
 *   ARRAY(n)                    LIST
 *   MAP of coded types          LIST of STRUCT(k, v)
 *   TIMETZ, BIT, BIGNUM, ENUM   VARCHAR, whose text reads back exactly
 *   TIMESTAMP_S, TIMESTAMP_MS   TIMESTAMP
 *   NULL                        INTEGER
 *   fields without names        f0, f1, …
 *
 * All other types lie as they are. The `sql` given to both functions is repeated in their answers:
 * it must be a column reference or as cheap as one.
 */
import {
  assertNever, integerType, quoteIdentifier, quoteLiteral, simpleType, varcharType,
  type DataType, type SimpleTypeName, type TypeField, type UnionType,
} from '@arbalest/common'
import { arraysAsLists, hasArray } from './arrays-as-lists.js'
import { castSql, rowSql } from './cast-sql.js'

/** SQL of the stored form of `sql`, which is of the type. */
export const encodeColumn = (sql: string, type: DataType): string =>
  isStoredAsIs(type) ? sql : encode(sql, type, 0)

/** SQL of the value of the type whose stored form is `sql`. */
export const decodeColumn = (sql: string, type: DataType): string =>
  isStoredAsIs(type) ? sql : decode(sql, type, 0)

/** The type that the column has in the file. */
export function storedType(type: DataType): DataType {
  if (isStoredAsIs(type)) return type
  switch (type.kind) {
    case 'simple': return simpleCodecs[type.name]?.stored ?? type
    case 'enum': return varcharType
    case 'list': case 'array': return { kind: 'list', child: storedType(type.child) }
    case 'struct': return { kind: 'struct', fields: type.fields.map(storedField) }
    case 'map': return { kind: 'list', child: structOf({ k: storedType(type.key), v: storedType(type.value) }) }
    case 'union': {
      const tag = { name: 't', type: varcharType }
      return { kind: 'struct', fields: [tag, ...type.members.map(storedMember)] }
    }
    case 'decimal': return type
  }
  return assertNever(type)
}

/**
 * Whether columns of the type can be written at all: not where there is a VARIANT inside another type,
 * which DuckDB's writer refuses.
 */
export function isStorable(type: DataType): boolean {
  return type.kind === 'simple' || !hasUnstorablePart(type)
}

function hasUnstorablePart(type: DataType): boolean {
  switch (type.kind) {
    case 'simple': return type.name === 'VARIANT'
    case 'decimal': case 'enum': return false
    case 'list': case 'array': return hasUnstorablePart(type.child)
    case 'struct': return type.fields.some((field) => hasUnstorablePart(field.type))
    case 'map': return hasUnstorablePart(type.key) || hasUnstorablePart(type.value)
    case 'union': return type.members.some((member) => hasUnstorablePart(member.type))
  }
  return assertNever(type)
}

/** Whether values of the type go through Parquet unchanged. */
export function isStoredAsIs(type: DataType): boolean {
  switch (type.kind) {
    case 'simple': return simpleCodecs[type.name] === undefined
    case 'decimal': return true
    case 'enum': case 'array': case 'union': return false
    case 'list': return isStoredAsIs(type.child)
    case 'struct': return type.fields.every((field) => field.name !== '' && isStoredAsIs(field.type))
    case 'map': return isStoredAsIs(type.key) && isStoredAsIs(type.value)
  }
  return assertNever(type)
}

/** Parquet wants a name for every field. */
const storedName = (field: TypeField, index: number): string => (field.name === '' ? `f${index}` : field.name)

const fieldSql = (sql: string, field: TypeField, index: number): string =>
  field.name === '' ? `struct_extract_at(${sql}, ${index + 1})` : extract(sql, field.name)

const storedField = (field: TypeField, index: number): TypeField =>
  ({ name: storedName(field, index), type: storedType(field.type) })
const storedMember = (member: TypeField, index: number): TypeField => ({
  name: `m${index}`,
  type: storedType(member.type),
})

// ---- types without parameters --------------------------------------------------------------------

/** How a type without parameters is stored when Parquet would lose it. */
interface SimpleCodec {
  readonly stored: DataType
  encode(sql: string): string
  decode(sql: string): string
}

const bigint = simpleType('BIGINT')
const ubigint = simpleType('UBIGINT')
const timestamp = simpleType('TIMESTAMP')

const structOf = (fields: Readonly<Record<string, DataType>>): DataType => ({
  kind: 'struct',
  fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
})

/** Stored by a cast there and a cast back. */
const castCodec = (name: SimpleTypeName, stored: DataType): SimpleCodec => ({
  stored,
  encode: (sql) => cast(sql, stored),
  decode: (sql) => cast(sql, simpleType(name)),
})

const simpleCodecs: Readonly<Partial<Record<SimpleTypeName, SimpleCodec>>> = {
  'TIME WITH TIME ZONE': castCodec('TIME WITH TIME ZONE', varcharType),
  BIT: castCodec('BIT', varcharType),
  BIGNUM: castCodec('BIGNUM', varcharType),
  TIMESTAMP_S: castCodec('TIMESTAMP_S', timestamp),
  TIMESTAMP_MS: castCodec('TIMESTAMP_MS', timestamp),
  NULL: castCodec('NULL', integerType),
  HUGEINT: {
    stored: structOf({ h: bigint, l: ubigint }),
    encode: (sql) => splitInHalves(sql, 'HUGEINT', 'BIGINT'),
    decode(sql) {
      // Twice a product by 2^63: DuckDB calls the product of the smallest upper half by 2^64 an overflow.
      const half = `(${sql}).h::HUGEINT * 9223372036854775808::HUGEINT`
      return `(${half} + ${half} + (${sql}).l::HUGEINT)`
    },
  },
  UHUGEINT: {
    stored: structOf({ h: ubigint, l: ubigint }),
    encode: (sql) => splitInHalves(sql, 'UHUGEINT', 'UBIGINT'),
    decode: (sql) => `((${sql}).h::UHUGEINT * 18446744073709551616::UHUGEINT + (${sql}).l::UHUGEINT)`,
  },
  INTERVAL: {
    stored: structOf({ months: integerType, days: integerType, micros: bigint }),
    encode: (sql) => unlessNull(sql, pack([
      { name: 'months', sql: `(year(${sql}) * 12 + month(${sql}))::INTEGER` },
      { name: 'days', sql: `day(${sql})::INTEGER` },
      { name: 'micros', sql: `hour(${sql}) * 3600000000 + minute(${sql}) * 60000000 + microsecond(${sql})` },
    ])),
    decode: (sql) => `(to_months((${sql}).months) + to_days((${sql}).days) + to_microseconds((${sql}).micros))`,
  },
  GEOMETRY: {
    stored: simpleType('BLOB'),
    encode: (sql) => `ST_AsWKB(${sql})::BLOB`,
    decode: (sql) => `ST_GeomFromWKB(${sql})`,
  },
}

const splitInHalves = (sql: string, whole: string, upper: string): string =>
  unlessNull(sql, pack([
    { name: 'h', sql: `(${sql} >> 64)::${upper}` },
    { name: 'l', sql: `(${sql} & 18446744073709551615::${whole})::UBIGINT` },
  ]))

// ---- writing -------------------------------------------------------------------------------------

function encode(sql: string, type: DataType, depth: number): string {
  if (isStoredAsIs(type)) return sql
  switch (type.kind) {
    case 'simple': return simpleCodecs[type.name]?.encode(sql) ?? sql
    case 'enum': return cast(sql, varcharType)
    case 'list': return transform(sql, depth, (item) => encode(item, type.child, depth + 1))
    case 'array': {
      const list = cast(sql, { kind: 'list', child: type.child })
      return transform(list, depth, (item) => encode(item, type.child, depth + 1))
    }
    case 'struct':
      return unlessNull(sql, pack(type.fields.map((field, index) => ({
        name: storedName(field, index),
        sql: encode(fieldSql(sql, field, index), field.type, depth),
      }))))
    case 'map':
      return transform(`map_entries(${sql})`, depth, (entry) => pack([
        { name: 'k', sql: encode(extract(entry, 'key'), type.key, depth + 1) },
        { name: 'v', sql: encode(extract(entry, 'value'), type.value, depth + 1) },
      ]))
    case 'union': return unlessNull(sql, pack([
      { name: 't', sql: `union_tag(${sql})::VARCHAR` },
      ...type.members.map((member, index) => ({
        name: `m${index}`,
        sql: encode(`union_extract(${sql}, ${quoteLiteral(member.name)})`, member.type, depth),
      })),
    ]))
    case 'decimal': return sql
  }
  return assertNever(type)
}

// ---- reading -------------------------------------------------------------------------------------

function decode(sql: string, type: DataType, depth: number): string {
  if (isStoredAsIs(type)) return sql
  // DuckDB has no CASE over arrays: there they are lists, of which arrays are made afterwards.
  if (isMadeByCase(type) && hasArray(type)) return cast(decode(sql, arraysAsLists(type), depth), type)
  switch (type.kind) {
    case 'simple': return simpleCodecs[type.name]?.decode(sql) ?? sql
    case 'enum': return cast(sql, type)
    case 'list': return transform(sql, depth, (item) => decode(item, type.child, depth + 1))
    case 'array': return cast(transform(sql, depth, (item) => decode(item, type.child, depth + 1)), type)
    case 'struct':
      return unlessNull(sql, rowSql(type.fields, type.fields.map((field, index) =>
        decode(extract(sql, storedName(field, index)), field.type, depth))))
    case 'map':
      return cast(unlessNull(sql, `map_from_entries(${transform(sql, depth, (entry) => pack([
        { name: 'k', sql: decode(extract(entry, 'k'), type.key, depth + 1) },
        { name: 'v', sql: decode(extract(entry, 'v'), type.value, depth + 1) },
      ]))})`), type)
    case 'union': return decodeUnion(sql, type, depth)
    case 'decimal': return sql
  }
  return assertNever(type)
}

function decodeUnion(sql: string, type: UnionType, depth: number): string {
  const branches = type.members.map((member, index) => {
    const value = decode(extract(sql, `m${index}`), member.type, depth)
    const typed = `union_value(${quoteIdentifier(member.name)} := ${cast(value, member.type)})`
    return `WHEN ${quoteLiteral(member.name)} THEN ${cast(typed, type)}`
  })
  return `CASE (${sql}).t ${branches.join(' ')} END`
}

const isMadeByCase = ({ kind }: DataType): boolean => kind === 'struct' || kind === 'union'

// ---- pieces of SQL -------------------------------------------------------------------------------

const cast = castSql
const unlessNull = (sql: string, value: string): string => `CASE WHEN ${sql} IS NOT NULL THEN ${value} END`
const extract = (sql: string, name: string): string => `struct_extract(${sql}, ${quoteLiteral(name)})`
const pack = (fields: readonly { readonly name: string; readonly sql: string }[]): string =>
  `struct_pack(${fields.map((field) => `${quoteIdentifier(field.name)} := ${field.sql}`).join(', ')})`

/** A lambda variable by depth, so that nested ones do not hide each other. */
function transform(list: string, depth: number, item: (name: string) => string): string {
  const name = `e${depth}`
  return `list_transform(${list}, lambda ${name}: ${item(name)})`
}
