/** Values that a client gives to parameters, as SQL of constants. */
import { parseDataType, queryError, quoteLiteral, typeToSql } from '@arbalest/common'
import type { ParameterValue, ParameterValues } from '@arbalest/protocol'

/** SQL by parameter. @throws QueryError INVALID_PARAMETER */
export function parameterSql(values: ParameterValues): ReadonlyMap<string, string> {
  return new Map(Object.entries(values).map(([key, value]) => {
    try {
      return [key.toLowerCase(), sqlOf(value)]
    } catch (cause) {
      const reason = `the value of $${key} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`
      throw queryError('INVALID_PARAMETER', { reason }, { cause })
    }
  }))
}

function sqlOf(value: ParameterValue): string {
  const sql = untyped(value)
  return value.type === undefined ? sql : `CAST(${sql} AS ${typeToSql(parseDataType(value.type))})`
}

function untyped(value: ParameterValue): string {
  switch (value.kind) {
    case 'null': return 'NULL'
    case 'text': return quoteLiteral(value.text)
    case 'integer': {
      if (/^-?\d{1,1000}$/.test(value.text)) return value.text
      throw queryError('INVALID_PARAMETER', { reason: 'it is no whole number' })
    }
    case 'list': return `[${value.items.map(sqlOf).join(', ')}]`
    case 'struct': {
      const fields = Object.entries(value.fields).map(([name, field]) => `${quoteLiteral(name)}: ${sqlOf(field)}`)
      return `{${fields.join(', ')}}`
    }
    case 'map':
      return `map([${value.keys.map(sqlOf).join(', ')}], [${value.values.map(sqlOf).join(', ')}])`
  }
}
