/**
 * Casts, as far as SQL can say them: there is no name for the type of `row(1, 'a')`, whose fields have no
 * names, so that such values are made anew field by field.
 */
import { quoteIdentifier, typeToSql, type DataType, type TypeField } from '@arbalest/common'

/** SQL of `sql` as a value of the type; `sql` may be repeated in it where the type has fields without names. */
export const castSql = (sql: string, type: DataType): string => cast(sql, type, 0)

function cast(sql: string, type: DataType, depth: number): string {
  if (!hasUnnamedFields(type)) return `CAST(${sql} AS ${typeToSql(type)})`
  switch (type.kind) {
    case 'struct': {
      const fields = type.fields.map((field, i) => cast(`struct_extract_at(${sql}, ${i + 1})`, field.type, depth))
      return `CASE WHEN ${sql} IS NOT NULL THEN ${rowSql(type.fields, fields)} END`
    }
    case 'list': return `list_transform(${sql}, lambda v${depth}: ${cast(`v${depth}`, type.child, depth + 1)})`
    case 'simple': case 'decimal': case 'enum': case 'array': case 'map': case 'union': return sql
  }
}

/** A struct of the fields' values; without names when they have none. */
export function rowSql(fields: readonly TypeField[], values: readonly string[]): string {
  const isNamed = fields.every(({ name }) => name !== '')
  const parts = isNamed ? values.map((value, i) => `${quoteIdentifier(fields[i]?.name ?? '')} := ${value}`) : values
  return `${isNamed ? 'struct_pack' : 'row'}(${parts.join(', ')})`
}

/** NULL of the type. The bare type of NULL needs no cast. */
export function nullSql(type: DataType): string {
  if (type.kind === 'simple' && type.name === 'NULL') return 'NULL'
  if (!hasUnnamedFields(type)) return `CAST(NULL AS ${typeToSql(type)})`
  return `CASE WHEN false THEN ${anySql(type)} END`
}

function anySql(type: DataType): string {
  switch (type.kind) {
    case 'struct': return rowSql(type.fields, type.fields.map((field) => nullSql(field.type)))
    case 'list': return `[${nullSql(type.child)}]`
    case 'simple': case 'decimal': case 'enum': case 'array': case 'map': case 'union': return nullSql(type)
  }
}

/** Whether the type, or a part of it, is a struct whose fields have no names. */
export function hasUnnamedFields(type: DataType): boolean {
  switch (type.kind) {
    case 'simple': case 'decimal': case 'enum': return false
    case 'list': case 'array': return hasUnnamedFields(type.child)
    case 'struct': return type.fields.some((field) => field.name === '' || hasUnnamedFields(field.type))
    case 'map': return hasUnnamedFields(type.key) || hasUnnamedFields(type.value)
    case 'union': return type.members.some((member) => hasUnnamedFields(member.type))
  }
}
