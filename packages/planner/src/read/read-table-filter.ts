/** Filters that DuckDB pushed into a scan -> one predicate over the table's columns. */
import { sameType, varcharType, type DataType } from '@arbalest/common'
import { mapColumns, typeOf, type Conjunction, type Expr } from '@arbalest/plan'
import { asCount, asList, asObject, asText, type JsonObject } from './json-value.js'
import { readConstant } from './read-constant.js'
import { conjunction, readComparisonOperator, readExpression } from './read-expression.js'
import type { ReadState } from './read-state.js'
import { readType } from './read-type.js'
import { unreadable } from './unreadable-plan.js'

/** The table's column behind a column of the stub file. */
export type StubColumn = (position: number) => { readonly index: number; readonly type: DataType }

/** `undefined` = no filter. Terms stand in the order of DuckDB's list. */
export function readTableFilters(
  state: ReadState, scan: JsonObject, stubColumn: StubColumn,
): Expr | undefined {
  const stubTypes = asList(scan['returned_types'], 'scan')
  const terms = asList(asObject(scan['table_filters'], 'scan')['filters'], 'scan').flatMap(item => {
    const entry = asObject(item, 'filter')
    const position = asCount(entry['key'], 'filter')
    const { index, type } = stubColumn(position)
    const column: Expr = { kind: 'column', index, type }
    const readAs = readType(stubTypes[position])
    return readFilter(state, asObject(entry['value'], 'filter'), { column, readAs }) ?? []
  })
  return terms.length === 0 ? undefined : conjunction('and', terms)
}

/** What a filter is about, and the type that DuckDB takes it for. */
interface Subject { readonly column: Expr; readonly readAs: DataType }

/** `undefined` for a filter that need not hold: the exact one stands above the scan. */
function readFilter(state: ReadState, filter: JsonObject, subject: Subject): Expr | undefined {
  const kind = asText(filter['filter_type'], 'filter')
  switch (kind) {
    case 'OPTIONAL_FILTER': case 'DYNAMIC_FILTER': case 'BLOOM_FILTER': return undefined
    case 'CONJUNCTION_AND': return readTerms(state, filter, subject, 'and')
    case 'CONJUNCTION_OR': return readTerms(state, filter, subject, 'or')
    case 'EXPRESSION_FILTER': return readExpressionFilter(state, filter, subject.column)
  }
  if (!sameType(typeOf(subject.column), subject.readAs)) return unreadable('filter on a column of another type')
  switch (kind) {
    case 'CONSTANT_COMPARISON': return {
      kind: 'comparison',
      operator: readComparisonOperator(filter['comparison_type']),
      left: subject.column,
      right: readConstant(filter['constant']),
    }
    case 'IS_NULL': return operatorOn(subject, 'is-null', [])
    case 'IS_NOT_NULL': return operatorOn(subject, 'is-not-null', [])
    case 'IN_FILTER':
      return operatorOn(subject, 'in', asList(filter['values'], 'filter').map(readConstant))
    case 'STRUCT_EXTRACT': return readFieldFilter(state, filter, subject)
  }
  return unreadable(`filter ${kind}`)
}

function operatorOn(subject: Subject, operator: 'is-null' | 'is-not-null' | 'in', more: readonly Expr[]): Expr {
  return { kind: 'operator', operator, args: [subject.column, ...more], type: { kind: 'simple', name: 'BOOLEAN' } }
}

/** A term of AND that need not hold is left out; one of OR makes all of it hold. */
function readTerms(
  state: ReadState, filter: JsonObject, subject: Subject, kind: Conjunction['kind'],
): Expr | undefined {
  const children = asList(filter['child_filters'], 'filter')
  const terms = children.map(child => readFilter(state, asObject(child, 'filter'), subject))
  const needed = terms.filter(term => term !== undefined)
  if (needed.length === 0 || (kind === 'or' && needed.length < terms.length)) return undefined
  return conjunction(kind, needed)
}

/** Its column 0 is the filtered column. */
function readExpressionFilter(state: ReadState, filter: JsonObject, column: Expr): Expr {
  const expr = readExpression(state, filter['expr'], [typeOf(column)])
  return mapColumns(expr, () => column)
}

function readFieldFilter(state: ReadState, filter: JsonObject, subject: Subject): Expr | undefined {
  if (subject.readAs.kind !== 'struct') return unreadable('shape of filter')
  const field = subject.readAs.fields[asCount(filter['child_idx'], 'filter')] ?? unreadable('shape of filter')
  const column: Expr = {
    kind: 'function',
    name: 'struct_extract',
    args: [subject.column, { kind: 'constant', type: varcharType, value: { kind: 'text', text: field.name } }],
    infix: false,
    type: field.type,
    isVolatile: false,
  }
  return readFilter(state, asObject(filter['child_filter'], 'filter'), { column, readAs: field.type })
}
