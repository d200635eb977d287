/** What the catalog keeps of a managed table: its columns, and the files of one version of it. */
import type { Column } from '@arbalest/common'
import type { Buckets, ColumnStatistics, RowGroupRanges, SourceFile } from '@arbalest/plan'
import type { QualifiedName } from '../planning/planner.js'

export interface ManagedColumn extends Column {
  readonly notNull: boolean
  /** SQL of the value that a row has where none is given; NULL unless given. */
  readonly defaultValue: string | undefined
  /** The same as people wrote it, where it differs. */
  readonly defaultText?: string
  /** Those that the default asks. */
  readonly sequences?: readonly QualifiedName[]
}

/** The default as people wrote it. */
export const shownDefault = ({ defaultText, defaultValue }: ManagedColumn): string | undefined =>
  defaultText ?? defaultValue

/** A file is never changed: what is true of it stays true. */
export interface ManagedFile extends SourceFile {
  /** By column name. */
  readonly statistics: Readonly<Record<string, ColumnStatistics>>
  /** By column name: the ranges of its row groups, of columns in which they do not overlap. */
  readonly clustered?: Readonly<Record<string, RowGroupRanges>>
  /** `partitionHashVersion` when its bucket was found. */
  readonly bucketHash?: number
}

export interface ManagedTable {
  /** Names the directory of its files; another table of the same name has another. */
  readonly tableId: string
  /** Counts versions from 1. */
  readonly revision: number
  /** Counts changes of the columns and constraints from 1. */
  readonly schemaRevision: number
  readonly columns: readonly ManagedColumn[]
  /** Conditions that no row may fail. */
  readonly checks: readonly string[]
  /** How rows are written into files; none unless given. */
  readonly buckets?: Buckets | undefined
  /** In the order of the rows. */
  readonly files: readonly ManagedFile[]
}

export const rowsOf = (files: readonly ManagedFile[]): number => files.reduce((sum, { rows = 0 }) => sum + rows, 0)
