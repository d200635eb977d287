/**
 * What stands behind a table name while a job runs: files with their identity, a schema, and the
 * statistics that footers give for free.
 */
import type { Column } from '@arbalest/common'

export type FileFormat = 'parquet' | 'csv' | 'json'

/**
 * A file as it was when the query was planned. An executor checks it before and after reading:
 * a difference is INPUT_CHANGED, never a mixed answer.
 */
export interface FileIdentity {
  readonly path: string
  readonly sizeBytes: number
  /** Modification time in nanoseconds since 1970, as decimal text. */
  readonly mtimeNs: string
  /** SHA-256 of the Parquet footer in hex, first 32 digits; empty for other formats. */
  readonly footerHash: string
}

export interface SourceFile extends FileIdentity {
  /** Rows by the footer; `undefined` where the format does not tell. */
  readonly rows: number | undefined
  /** Rows of each row group in file order; empty where the format has none. */
  readonly rowGroupRows: readonly number[]
  /** Where the table has buckets: that of all its rows, from 0. */
  readonly bucket?: number
}

/** A row lies in the bucket `hash of its values of the columns % count`, hashed as exchanges do; NULLs too. */
export interface Buckets {
  /** Names of columns, at least one. */
  readonly columns: readonly string[]
  readonly count: number
}

/** What footers say about a column over all files: numbers, and dates as days since 1970. */
export interface ColumnStatistics {
  readonly min?: number
  readonly max?: number
  /** Compressed bytes of the column over all files. */
  readonly bytes?: number
  /** Different values, about; known where somebody has counted them. */
  readonly distinct?: number
}

/**
 * The least and greatest values of a column in each row group, over all files in their order: numbers, or
 * days since 1970 for dates. Only of columns without NULLs whose row groups do not overlap: the files are
 * clustered by them.
 */
export interface RowGroupRanges {
  readonly mins: readonly number[]
  readonly maxs: readonly number[]
}

/** How the reader is to be called: the same on the planning side and on executors. */
export interface ReaderOptions {
  readonly format: FileFormat
  /** Options of DuckDB's reader by name, values as SQL text, e.g. `{ header: 'true', delim: "'|'" }`. */
  readonly options: Readonly<Record<string, string>>
  /** Columns whose values come from `key=value` directories. */
  readonly partitionColumns: readonly string[]
  /** Whether the columns lie as the codec of edges stores them: files of managed tables. */
  readonly encoded?: boolean
  /** Whether the files' own types are those of the columns, so that nothing needs to be cast. */
  readonly isAsWritten?: boolean
}

export interface TableSource {
  /** The name people know it by, for EXPLAIN. */
  readonly table: string
  readonly reader: ReaderOptions
  /** All columns in table order, with the catalog's types; readers cast to them where files have others. */
  readonly columns: readonly Column[]
  readonly files: readonly SourceFile[]
  /** Rows in all files; an estimate by size for CSV and JSON. */
  readonly rows: number
  /** By column name; columns without an entry have no statistics. */
  readonly statistics: Readonly<Record<string, ColumnStatistics>>
  /** By column name, for columns that the files are clustered by; at most two, those of directories first. */
  readonly clustered?: Readonly<Record<string, RowGroupRanges>>
  /** Where each file holds rows of one bucket only. */
  readonly buckets?: Buckets
}

/** Rows with `from <= column < below`: whole numbers, or days since 1970 where the column is a DATE. */
export interface KeptValues {
  readonly column: string
  readonly isDate: boolean
  readonly from?: number
  readonly below?: number
}

/** A piece of a file: all of it, or `rows` rows from `firstRow` (Parquet only), of them those in `kept`. */
export interface FileSplit {
  readonly file: FileIdentity
  readonly range?: { readonly firstRow: number; readonly rows: number }
  readonly kept?: KeptValues
}
