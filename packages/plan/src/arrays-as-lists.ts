/** Types with lists in the place of arrays: DuckDB computes no CASE over arrays. */
import { assertNever, sameType, type DataType, type TypeField } from '@arbalest/common'

export const hasArray = (type: DataType): boolean => !sameType(type, arraysAsLists(type))

/** The type with a list for every array in it. */
export function arraysAsLists(type: DataType): DataType {
  const part = (field: TypeField): TypeField => ({ ...field, type: arraysAsLists(field.type) })
  switch (type.kind) {
    case 'simple': case 'enum': case 'decimal': return type
    case 'list': case 'array': return { kind: 'list', child: arraysAsLists(type.child) }
    case 'struct': return { ...type, fields: type.fields.map(part) }
    case 'map': return { ...type, key: arraysAsLists(type.key), value: arraysAsLists(type.value) }
    case 'union': return { ...type, members: type.members.map(part) }
  }
  return assertNever(type)
}
