/**
 * The partition of a row, by value: the same for equal keys on every executor, whatever order rows
 * arrive in. Only this function says how keys are hashed.
 *
 * `hash()` is a function of the value and its physical type: decimals of one scale agree; INTEGER and
 * DOUBLE, DATE and TIMESTAMP do not, though SQL calls them equal. Both sides of a join therefore hash the
 * expressions of the *condition*, never the raw columns: binding has cast both to one type, so the two
 * sides always agree. -0.0 and 0.0, all NaNs and intervals of equal length hash alike by themselves; NULLs
 * hash together. The hash of an ENUM is its place in the list of values, hence its text is hashed instead,
 * also inside nested types. A negative INTEGER hashes unlike the same BIGINT; short integers are hashed as
 * BIGINT, so that integers of all widths agree and rows need not move when a cast widens their key.
 */
import { assert, assertNever, bigintType, typeToSql, varcharType, type DataType } from '@arbalest/common'
import { typeOf, type Expr } from '@arbalest/plan'
import { renderExpr, type ColumnSql } from './render-expression.js'

/**
 * Counts up whenever the same value may be hashed otherwise, by DuckDB or here: files of tables keep the number
 * with their bucket, and those of another one lie in none.
 */
export const partitionHashVersion = 1

/** SQL of a BIGINT from 0 to below `partitions`. There is at least one key. */
export function partitionExpression(keys: readonly Expr[], partitions: number, column: ColumnSql): string {
  assert(keys.length > 0, 'rows are partitioned by at least one key')
  const hashed = keys.map((key) => hashedKey(key, column)).join(', ')
  return `CAST(hash(${hashed}) % ${partitions} AS BIGINT)`
}

/**
 * SQL of the partition of the share that a key's value belongs to: `shares[n]` below `borders[n]`. NULL belongs
 * to the last one.
 */
export function valuePartition(
  keys: readonly Expr[],
  borders: readonly number[],
  shares: readonly number[],
  column: ColumnSql,
): string {
  const [key] = keys
  assert(key !== undefined && keys.length === 1, 'rows lie by the values of one key')
  const type = typeOf(key)
  const isDate = type.kind === 'simple' && type.name === 'DATE'
  const sql = isDate ? `(${renderExpr(key, column)} - DATE '1970-01-01')` : renderExpr(key, column)
  const branches = borders.map((border, index) => `WHEN ${sql} < ${border} THEN ${shares[index] ?? 0}`)
  return `CAST(CASE ${branches.join(' ')} ELSE ${shares.at(-1) ?? 0} END AS BIGINT)`
}

function hashedKey(key: Expr, column: ColumnSql): string {
  const sql = renderExpr(key, column)
  const type = typeOf(key)
  const plain = isShortSigned(type) ? bigintType : withoutEnums(type)
  return plain === type ? sql : `CAST(${sql} AS ${typeToSql(plain)})`
}

const isShortSigned = (type: DataType): boolean =>
  type.kind === 'simple' && ['TINYINT', 'SMALLINT', 'INTEGER'].includes(type.name)

/** The type with VARCHAR for every ENUM; the type itself when it has none. */
function withoutEnums(type: DataType): DataType {
  switch (type.kind) {
    case 'simple':
    case 'decimal':
      return type
    case 'enum':
      return varcharType
    case 'list':
    case 'array': {
      const child = withoutEnums(type.child)
      return child === type.child ? type : { ...type, child }
    }
    case 'map': {
      const [key, value] = [withoutEnums(type.key), withoutEnums(type.value)]
      return key === type.key && value === type.value ? type : { ...type, key, value }
    }
    case 'struct': {
      const types = type.fields.map((field) => withoutEnums(field.type))
      if (type.fields.every((field, i) => field.type === types[i])) return type
      return { ...type, fields: type.fields.map((field, i) => ({ ...field, type: types[i] ?? field.type })) }
    }
    case 'union': {
      const types = type.members.map((member) => withoutEnums(member.type))
      if (type.members.every((member, i) => member.type === types[i])) return type
      return { ...type, members: type.members.map((member, i) => ({ ...member, type: types[i] ?? member.type })) }
    }
  }
  return assertNever(type)
}
