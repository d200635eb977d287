/** Values for the parameters of a statement, as they cross the wire. */
import { limits, queryError } from '@arbalest/common'
import { list, mapOf, object, optional, text, union, type Shape } from './shape.js'

/**
 * A value of DuckDB. `type` is DuckDB's name of its type; without one DuckDB finds the type as for a constant
 * in a statement.
 */
export type ParameterValue =
  | { readonly kind: 'null'; readonly type?: string }
  /** `text` is what DuckDB casts to the type: `2026-01-31`, `1.50`, `\\xFF`. */
  | { readonly kind: 'text'; readonly text: string; readonly type?: string }
  /** A whole number in decimal digits. */
  | { readonly kind: 'integer'; readonly text: string; readonly type?: string }
  | { readonly kind: 'list'; readonly items: readonly ParameterValue[]; readonly type?: string }
  | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, ParameterValue>>; readonly type?: string }
  | {
      readonly kind: 'map'
      readonly keys: readonly ParameterValue[]
      readonly values: readonly ParameterValue[]
      readonly type?: string
    }

/** By name, or by number from `1`. */
export type ParameterValues = Readonly<Record<string, ParameterValue>>

const type = optional(text(10_000))
const longText = text(limits.statementBytesMax)

/** At most so many values inside each other. */
const depthMax = 100

const valueAt = (depth: number): Shape<ParameterValue> => (value, path) => {
  if (depth > depthMax) throw queryError('LIMIT_EXCEEDED', { what: 'the nesting of a parameter', limit: depthMax })
  const inner = (one: unknown, at: string): ParameterValue => valueAt(depth + 1)(one, at)
  return union<ParameterValue>({
    null: object({ type }),
    text: object({ text: longText, type }),
    integer: object({ text: longText, type }),
    list: object({ items: list(inner), type }),
    struct: object({ fields: mapOf(inner), type }),
    map: object({ keys: list(inner), values: list(inner), type }),
  } as Parameters<typeof union<ParameterValue>>[0])(value, path)
}

export const parameterValuesShape: Shape<ParameterValues> = mapOf(valueAt(0))
