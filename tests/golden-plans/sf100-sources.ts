/**
 * The tables of TPC-H and TPC-DS as the planner would see them at scale factor 100: the columns of the sample
 * data, rows by the specifications, ranges of keys that follow from them. There are no such files.
 */
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { parseDataType, quoteLiteral, type Column } from '@arbalest/common'
import type { ColumnStatistics, RowGroupRanges, SourceFile, TableSource } from '@arbalest/plan'
import { projectDirectory, type Suite } from '../../bench/bench-queries.js'
import { tablesIn } from '../../bench/oracle/table-files.js'

const rowsOf: Readonly<Record<Suite, Readonly<Record<string, number>>>> = {
  tpch: {
    region: 5, nation: 25, supplier: 1_000_000, customer: 15_000_000, part: 20_000_000, partsupp: 80_000_000,
    orders: 150_000_000, lineitem: 600_037_902,
  },
  tpcds: {
    call_center: 30, catalog_page: 20_400, catalog_returns: 14_404_374, catalog_sales: 143_997_065,
    customer: 2_000_000, customer_address: 1_000_000, customer_demographics: 1_920_800, date_dim: 73_049,
    household_demographics: 7_200, income_band: 20, inventory: 399_330_000, item: 204_000, promotion: 1_000,
    reason: 55, ship_mode: 20, store: 402, store_returns: 28_795_080, store_sales: 287_997_024, time_dim: 86_400,
    warehouse: 15, web_page: 2_040, web_returns: 7_197_670, web_sales: 72_001_237, web_site: 24,
  },
}

/** The table whose rows a key numbers, by the end of the column's name; longer ends first. */
const keyedTables: Readonly<Record<Suite, Readonly<Record<string, string>>>> = {
  tpch: {
    suppkey: 'supplier', custkey: 'customer', partkey: 'part', nationkey: 'nation', regionkey: 'region',
  },
  tpcds: {
    customer_sk: 'customer', addr_sk: 'customer_address', address_sk: 'customer_address',
    hdemo_sk: 'household_demographics', cdemo_sk: 'customer_demographics', demo_sk: 'customer_demographics',
    item_sk: 'item', store_sk: 'store', promo_sk: 'promotion', warehouse_sk: 'warehouse', reason_sk: 'reason',
    call_center_sk: 'call_center', catalog_page_sk: 'catalog_page', ship_mode_sk: 'ship_mode',
    web_page_sk: 'web_page', site_sk: 'web_site', band_sk: 'income_band', time_sk: 'time_dim',
  },
}

/** Days since 1970 of 1992-01-01 and 1998-12-31. */
const orderDays = { min: 8035, max: 10_591 }
const otherRanges: Readonly<Record<string, ColumnStatistics>> = {
  o_orderkey: { min: 1, max: 600_000_000 }, l_orderkey: { min: 1, max: 600_000_000 }, o_orderdate: orderDays,
  l_shipdate: orderDays, l_commitdate: orderDays, l_receiptdate: orderDays, l_quantity: { min: 1, max: 50 },
  l_discount: { min: 0, max: 0.1 }, p_size: { min: 1, max: 50 },
  d_year: { min: 1900, max: 2100 }, d_moy: { min: 1, max: 12 }, d_dom: { min: 1, max: 31 }, d_qoy: { min: 1, max: 4 },
  d_month_seq: { min: 0, max: 2400 }, d_week_seq: { min: 1, max: 10_436 }, d_date: { min: -25_566, max: 47_482 },
}
/** Columns in whose order generators write the tables. */
const clusteredBy = new Set(['o_orderkey', 'l_orderkey', 'p_partkey', 'ps_partkey', 'c_custkey', 's_suppkey'])

const rowGroupRows = 1_000_000
const fileRows = 50_000_000

export async function sf100Sources(suite: Suite): Promise<readonly TableSource[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const sources: TableSource[] = []
    for (const { name, files } of tablesIn(join(projectDirectory(), 'data', suite))) {
      const list = files.map(quoteLiteral).join(', ')
      const read = await connection.runAndReadAll(`DESCRIBE FROM read_parquet([${list}])`)
      const columns = read.getRowsJson().map(([column, type]): Column =>
        ({ name: String(column), type: parseDataType(String(type)) }))
      sources.push(sourceOf(suite, name, columns))
    }
    return sources
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function sourceOf(suite: Suite, table: string, columns: readonly Column[]): TableSource {
  const rows = rowsOf[suite][table] ?? 0
  const count = Math.max(1, Math.ceil(rows / fileRows))
  const files = Array.from({ length: count }, (_, index) => {
    const [from, to] = [index, index + 1].map((part) => Math.floor((part * rows) / count))
    return fileOf(`${table}/${index}.parquet`, (to ?? 0) - (from ?? 0))
  })
  const statistics = Object.fromEntries(columns.flatMap(({ name }) => {
    const range = rangeOf(suite, name)
    return range === undefined ? [] : [[name, range]]
  }))
  const clustered = Object.fromEntries(columns.flatMap(({ name }) =>
    clusteredBy.has(name) ? [[name, rangesOf(files, statistics[name])]] : []))
  const reader = { format: 'parquet', options: {}, partitionColumns: [] } as const
  return { table, reader, columns, files, rows, statistics, clustered }
}

function rangeOf(suite: Suite, column: string): ColumnStatistics | undefined {
  const other = otherRanges[column]
  if (other !== undefined) return other
  // Dates are numbered by their Julian days.
  if (column.endsWith('date_sk')) return { min: 2_415_022, max: 2_488_070 }
  const end = Object.keys(keyedTables[suite]).find((one) => column.endsWith(one))
  const rows = end === undefined ? undefined : rowsOf[suite][keyedTables[suite][end] ?? '']
  return rows === undefined ? undefined : { min: 1, max: rows }
}

function fileOf(path: string, rows: number): SourceFile {
  const groups = Math.max(1, Math.ceil(rows / rowGroupRows))
  const groupRows = Array.from({ length: groups }, (_, group) => Math.min(rowGroupRows, rows - group * rowGroupRows))
  return { path, sizeBytes: rows * 40, mtimeNs: '0', footerHash: '', rows, rowGroupRows: groupRows }
}

/** The values spread evenly over the row groups. */
function rangesOf(files: readonly SourceFile[], { min = 0, max = 0 }: ColumnStatistics = {}): RowGroupRanges {
  const groups = files.reduce((sum, file) => sum + file.rowGroupRows.length, 0)
  const border = (group: number) => min + Math.floor(((max - min + 1) * group) / groups)
  const all = Array.from({ length: groups }, (_, group) => group)
  return { mins: all.map(border), maxs: all.map((group) => border(group + 1) - 1) }
}
