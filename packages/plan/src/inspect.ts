/** Inspection: an executor lists files and reads their footers, so that no other process opens a user's path. */
import type { Column } from '@arbalest/common'
import type { ReaderOptions, TableSource } from './table-source.js'

/** One location to look at. */
export interface InspectRequest {
  readonly table: string
  /** Files, directories or glob patterns, as the user wrote them; absolute. */
  readonly locations: readonly string[]
  readonly reader: ReaderOptions
  /** Columns the user declared; `undefined` = take them from the files. */
  readonly declaredColumns: readonly Column[] | undefined
  /** `InspectReply.version` of an earlier reply: when nothing has changed the answer is `unchanged`. */
  readonly knownVersion: string | undefined
  /** Of one Parquet file: `clustered` shall have each column that it is clustered by, however few row groups it has. */
  readonly tellsAllRanges?: boolean
}

export type InspectReply =
  | { readonly kind: 'unchanged' }
  /** `version` is a hash over the identities of all files. */
  | { readonly kind: 'inspected'; readonly version: string; readonly source: TableSource }
