/**
 * The logical types of columns, as DuckDB names them. A type is data; `typeToSql` prints it so that
 * DuckDB reads the same type back.
 */
import { assertNever } from './assert.js'

/** Types without parameters, by DuckDB's name in `CAST(x AS …)`. */
export type SimpleTypeName =
  | 'BOOLEAN' | 'TINYINT' | 'SMALLINT' | 'INTEGER' | 'BIGINT' | 'HUGEINT'
  | 'UTINYINT' | 'USMALLINT' | 'UINTEGER' | 'UBIGINT' | 'UHUGEINT' | 'BIGNUM'
  | 'FLOAT' | 'DOUBLE' | 'VARCHAR' | 'BLOB' | 'BIT' | 'UUID' | 'JSON'
  | 'DATE' | 'TIME' | 'TIME WITH TIME ZONE' | 'TIME_NS'
  | 'TIMESTAMP' | 'TIMESTAMP_S' | 'TIMESTAMP_MS' | 'TIMESTAMP_NS' | 'TIMESTAMP WITH TIME ZONE'
  | 'INTERVAL' | 'GEOMETRY' | 'VARIANT' | 'NULL'

export interface SimpleType { readonly kind: 'simple'; readonly name: SimpleTypeName }
/** Exact decimal: `width` digits from 1 to 38, `scale` of them after the point. */
export interface DecimalType { readonly kind: 'decimal'; readonly width: number; readonly scale: number }
export interface ListType { readonly kind: 'list'; readonly child: DataType }
/** A list whose length is part of the type, 1 to 100,000. */
export interface ArrayType { readonly kind: 'array'; readonly child: DataType; readonly size: number }
export interface TypeField { readonly name: string; readonly type: DataType }
export interface StructType { readonly kind: 'struct'; readonly fields: readonly TypeField[] }
export interface MapType { readonly kind: 'map'; readonly key: DataType; readonly value: DataType }
export interface UnionType { readonly kind: 'union'; readonly members: readonly TypeField[] }
export interface EnumType { readonly kind: 'enum'; readonly values: readonly string[] }

export type DataType =
  | SimpleType | DecimalType | ListType | ArrayType | StructType | MapType | UnionType | EnumType

/** A named, typed column. */
export interface Column { readonly name: string; readonly type: DataType }

export const simpleType = (name: SimpleTypeName): SimpleType => ({ kind: 'simple', name })
export const booleanType = simpleType('BOOLEAN')
export const bigintType = simpleType('BIGINT')
export const hugeintType = simpleType('HUGEINT')
export const doubleType = simpleType('DOUBLE')
export const varcharType = simpleType('VARCHAR')
export const integerType = simpleType('INTEGER')
export const decimalType = (width: number, scale: number): DecimalType => ({
  kind: 'decimal',
  width,
  scale,
})

/** A name quoted for SQL: `a"b` becomes `"a""b"`. */
export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`
/** A text quoted for SQL: `it's` becomes `'it''s'`. */
export const quoteLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** The type as SQL text that DuckDB reads back as the same type. The bare type of NULL prints as `"NULL"`. */
export const typeToSql = (type: DataType): string => printType(type, quoteIdentifier)

/** Prints a type; `fieldName` prints the names of fields and members. */
export function printType(type: DataType, fieldName: (name: string) => string): string {
  const print = (part: DataType): string => printType(part, fieldName)
  const printField = ({ name, type: field }: TypeField): string => `${fieldName(name)} ${print(field)}`.trimStart()
  switch (type.kind) {
    case 'simple': return type.name === 'NULL' ? '"NULL"' : type.name
    case 'decimal': return `DECIMAL(${type.width},${type.scale})`
    case 'list': return `${print(type.child)}[]`
    case 'array': return `${print(type.child)}[${type.size}]`
    case 'struct': return `STRUCT(${type.fields.map(printField).join(', ')})`
    case 'map': return `MAP(${print(type.key)}, ${print(type.value)})`
    case 'union': return `UNION(${type.members.map(printField).join(', ')})`
    case 'enum': return `ENUM(${type.values.map(quoteLiteral).join(', ')})`
  }
  return assertNever(type)
}

/** Structural equality. */
export const sameType = (a: DataType, b: DataType): boolean => typeToSql(a) === typeToSql(b)

const integerNames: ReadonlySet<SimpleTypeName> = new Set<SimpleTypeName>([
  'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT',
])

/** Whether the type is an integer of at most 64 bits. */
export const isInteger = (type: DataType): boolean => type.kind === 'simple' && integerNames.has(type.name)
