/** `CREATE EXTERNAL TABLE` as text, for the `register…` calls. */
import { queryError, quoteIdentifier, quoteLiteral } from '@arbalest/common'

export interface RegisterOptions {
  /** Replaces a table of that name. */
  readonly replace?: boolean
  /** Leaves a table of that name as it is. */
  readonly ifNotExists?: boolean
  /** Columns with DuckDB's types; without them the files tell. */
  readonly columns?: readonly { readonly name: string; readonly type: string }[]
  /** Columns whose values are in the paths, as in `year=2026/part.parquet`. */
  readonly partitionedBy?: readonly string[]
  /** Options of the reader by name, e.g. `{ has_header: true, delimiter: ';' }`. */
  readonly options?: Readonly<Record<string, string | number | boolean>>
  readonly signal?: AbortSignal
}

export type TableFormat = 'PARQUET' | 'CSV' | 'JSON'

/** @throws QueryError INVALID_REQUEST when `replace` and `ifNotExists` are both asked for */
export function createExternalTableSql(
  table: { readonly name: string; readonly path: string; readonly format: TableFormat },
  {
    replace = false,
    ifNotExists = false,
    columns = [],
    partitionedBy = [],
    options = {},
  }: RegisterOptions,
): string {
  if (replace && ifNotExists)
    throw queryError('INVALID_REQUEST', { reason: 'a table is replaced or left, not both' })
  const settings = Object.entries(options).map(
    ([name, value]) => `${quoteLiteral(name)} ${quoteLiteral(String(value))}`,
  )
  return [
    replace ? 'CREATE OR REPLACE EXTERNAL TABLE' : 'CREATE EXTERNAL TABLE',
    ...(ifNotExists ? ['IF NOT EXISTS'] : []),
    quoteIdentifier(table.name),
    ...clause(
      '',
      columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`),
    ),
    `STORED AS ${table.format}`,
    ...clause('PARTITIONED BY ', partitionedBy.map(quoteIdentifier)),
    `LOCATION ${quoteLiteral(table.path)}`,
    ...clause('OPTIONS ', settings),
  ].join(' ')
}

const clause = (word: string, items: readonly string[]): readonly string[] =>
  items.length === 0 ? [] : [`${word}(${items.join(', ')})`]
