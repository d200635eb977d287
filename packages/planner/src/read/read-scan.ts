/** Scans: DuckDB reads a table's stub file; we read the table behind it. */
import { booleanType, type Column, type DataType } from '@arbalest/common'
import type { Plan, Scan, ScanColumn } from '@arbalest/plan'
import { asBigint, asBoolean, asList, asObject, asText, type JsonObject } from './json-value.js'
import { allOf, picked } from './pick-columns.js'
import type { ReadState, ScanSource } from './read-state.js'
import { readTableFilters } from './read-table-filter.js'
import { unreadable } from './unreadable-plan.js'

export function readScan(state: ReadState, object: JsonObject): Plan {
  const id = state.nextId()
  const source = readSource(state, object)
  const names = asList(object['names'], 'scan').map(name => asText(name, 'scan'))
  const columns = asList(object['column_indexes'], 'scan').map(json => readScanColumn(json, names, source.columns))
  const types = columns.map((column): DataType => (
    column.kind === 'table' ? columnAt(source.columns, column.index).type : booleanType
  ))
  const scan: Scan = {
    kind: 'scan',
    id,
    source: source.source,
    table: source.table,
    tableColumns: source.columns,
    columns,
    predicate: readTableFilters(state, object, position => {
      const index = tablePosition(names, position, source.columns)
      return { index, type: columnAt(source.columns, index).type }
    }),
    types,
    live: allOf(types),
  }
  return picked(state, scan, object['projection_ids'])
}

function readSource(state: ReadState, object: JsonObject): ScanSource {
  const name = asText(object['name'], 'scan')
  if (name !== 'read_parquet' && name !== 'parquet_scan') return unreadable(`table function ${name}`)
  const [file, ...more] = asList(asObject(object['function_data'], 'scan')['files'], 'scan')
  if (file === undefined || more.length > 0) return unreadable('scan of several files')
  if (hasSample(object)) return unreadable('sample of a scan')
  const path = asText(file, 'scan')
  return state.context.scanSource(path) ?? unreadable('scan of a file that is no table')
}

function hasSample(object: JsonObject): boolean {
  const info = asObject(object['extra_info'], 'scan')
  if (info['sample_options'] !== null) return true
  return object['row_group_order_options'] !== null
}

/** What DuckDB reads when no column is wanted, only rows are. */
const noColumn = 18_446_744_073_709_551_614n

function readScanColumn(json: unknown, names: readonly string[], columns: readonly Column[]): ScanColumn {
  const object = asObject(json, 'scan column')
  if (asList(object['child_indexes'], 'scan column').length > 0) return unreadable('scan of a part of a column')
  if (!asBoolean(object['has_index'], 'scan column')) return unreadable('scan of a part of a column')
  const index = asBigint(object['index'], 'scan column')
  if (index === noColumn) return { kind: 'constant-true' }
  return { kind: 'table', index: tablePosition(names, Number(index), columns) }
}

/** The position in the catalog's columns of the stub file's column at `position`. */
function tablePosition(names: readonly string[], position: number, columns: readonly Column[]): number {
  const name = names[position] ?? unreadable('virtual column of a file')
  const index = columns.findIndex(column => column.name === name)
  return index >= 0 ? index : unreadable('stub file of another table')
}

const columnAt = (columns: readonly Column[], index: number): Column =>
  columns[index] ?? unreadable('column out of range')
