/** The shapes in plan JSON: for each kind of node, which fields it was seen with. */

type Shapes = Readonly<Record<string, readonly string[]>>

/** Sorted; the fields of one sighting stand in one text. */
export function planShapes(plans: readonly unknown[]): Shapes {
  const found = new Map<string, Set<string>>()
  const open: unknown[] = [...plans]
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value !== 'object' || value === null) continue
    const kind = kindOf(value)
    if (kind !== undefined) {
      const fields = Object.keys(value).toSorted().join(' ')
      found.set(kind, (found.get(kind) ?? new Set()).add(fields))
    }
    open.push(...Object.values(value))
  }
  const sorted = [...found].map(([kind, fields]) => [kind, [...fields].toSorted()] as const)
  return Object.fromEntries(sorted.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function kindOf(value: object): string | undefined {
  if ('expression_class' in value && 'type' in value) return `${String(value.expression_class)} ${String(value.type)}`
  if ('filter_type' in value) return `filter ${String(value.filter_type)}`
  if ('is_null' in value) return 'constant'
  if ('id' in value && 'type_info' in value) return `type ${String(value.id)}`
  if ('type' in value && typeof value.type === 'string') return value.type
  return undefined
}
