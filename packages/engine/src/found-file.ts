/** What inspection has in hand of a file, and what it finds out about a table. */
import type { TableSource } from '@arbalest/plan'
import type { FileStat } from './footer-cache.js'
import type { FooterSummary } from './footer-summary.js'

/** A file as found now; `footer` of Parquet files. */
export interface FoundFile {
  readonly path: string
  readonly state: FileStat
  readonly footer: FooterSummary | undefined
}

/** What inspecting a format adds to the list of files. */
export type FormatFacts = Omit<TableSource, 'table' | 'files'>
