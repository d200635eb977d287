/** The tables of TPC-H at scale factor 1 as the planner sees them: columns, row counts, ranges, no real files. */
import { parseDataType } from '@arbalest/common'
import type { ColumnStatistics, SourceFile, TableSource } from '@arbalest/plan'

interface Shape {
  readonly table: string
  readonly rows: number
  readonly files: number
  /** `name type` of each column. */
  readonly columns: string
  readonly statistics?: Readonly<Record<string, ColumnStatistics>>
}

const rowGroupRows = 122_880
/** Days since 1970 of 1992-01-01 and 1998-12-31. */
const dates = { min: 8035, max: 10_591 }
const money = 'DECIMAL(15,2)'

const shapes: readonly Shape[] = [
  { table: 'region', rows: 5, files: 1, columns: 'r_regionkey INTEGER; r_name VARCHAR; r_comment VARCHAR' },
  {
    table: 'nation', rows: 25, files: 1,
    columns: 'n_nationkey INTEGER; n_name VARCHAR; n_regionkey INTEGER; n_comment VARCHAR',
  },
  {
    table: 'supplier', rows: 10_000, files: 1,
    columns: `s_suppkey BIGINT; s_name VARCHAR; s_address VARCHAR; s_nationkey INTEGER; s_phone VARCHAR;
      s_acctbal ${money}; s_comment VARCHAR`,
    statistics: { s_suppkey: { min: 1, max: 10_000 }, s_nationkey: { min: 0, max: 24 } },
  },
  {
    table: 'customer', rows: 150_000, files: 1,
    columns: `c_custkey BIGINT; c_name VARCHAR; c_address VARCHAR; c_nationkey INTEGER; c_phone VARCHAR;
      c_acctbal ${money}; c_mktsegment VARCHAR; c_comment VARCHAR`,
    statistics: { c_custkey: { min: 1, max: 150_000 }, c_nationkey: { min: 0, max: 24 } },
  },
  {
    table: 'part', rows: 200_000, files: 1,
    columns: `p_partkey BIGINT; p_name VARCHAR; p_mfgr VARCHAR; p_brand VARCHAR; p_type VARCHAR; p_size INTEGER;
      p_container VARCHAR; p_retailprice ${money}; p_comment VARCHAR`,
    statistics: { p_partkey: { min: 1, max: 200_000 }, p_size: { min: 1, max: 50 } },
  },
  {
    table: 'partsupp', rows: 800_000, files: 1,
    columns: `ps_partkey BIGINT; ps_suppkey BIGINT; ps_availqty BIGINT; ps_supplycost ${money}; ps_comment VARCHAR`,
    statistics: { ps_partkey: { min: 1, max: 200_000 }, ps_suppkey: { min: 1, max: 10_000 } },
  },
  {
    table: 'orders', rows: 1_500_000, files: 2,
    columns: `o_orderkey BIGINT; o_custkey BIGINT; o_orderstatus VARCHAR; o_totalprice ${money}; o_orderdate DATE;
      o_orderpriority VARCHAR; o_clerk VARCHAR; o_shippriority INTEGER; o_comment VARCHAR`,
    statistics: { o_orderkey: { min: 1, max: 6_000_000 }, o_orderdate: dates },
  },
  {
    table: 'lineitem', rows: 6_001_215, files: 4,
    columns: `l_orderkey BIGINT; l_partkey BIGINT; l_suppkey BIGINT; l_linenumber BIGINT; l_quantity ${money};
      l_extendedprice ${money}; l_discount ${money}; l_tax ${money}; l_returnflag VARCHAR; l_linestatus VARCHAR;
      l_shipdate DATE; l_commitdate DATE; l_receiptdate DATE; l_shipinstruct VARCHAR; l_shipmode VARCHAR;
      l_comment VARCHAR`,
    statistics: {
      l_orderkey: { min: 1, max: 6_000_000 }, l_quantity: { min: 1, max: 50 }, l_discount: { min: 0, max: 0.1 },
      l_shipdate: dates, l_commitdate: dates, l_receiptdate: dates,
    },
  },
]

export const tpchSources: readonly TableSource[] = shapes.map(({ table, rows, files, columns, statistics = {} }) => ({
  table,
  reader: { format: 'parquet', options: {}, partitionColumns: [] },
  columns: columns.split(';').map((column) => {
    const [name = '', type = ''] = column.trim().split(' ')
    return { name, type: parseDataType(type) }
  }),
  files: Array.from({ length: files }, (_, index) => fileOf(`${table}/${index}.parquet`, share(rows, files, index))),
  rows,
  statistics,
}))

function share(rows: number, files: number, index: number): number {
  return Math.floor(((index + 1) * rows) / files) - Math.floor((index * rows) / files)
}

function fileOf(path: string, rows: number): SourceFile {
  const groups = Math.ceil(rows / rowGroupRows)
  const last = rows - (groups - 1) * rowGroupRows
  return {
    path, sizeBytes: rows * 50, mtimeNs: '0', footerHash: '', rows,
    rowGroupRows: Array.from({ length: groups }, (_, group) => (group === groups - 1 ? last : rowGroupRows)),
  }
}
