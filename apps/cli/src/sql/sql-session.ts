/** What `arbalest sql` needs of a session on a cluster: a part of the client's interface. */
import type { JobProgress, StatementPiece, ResultColumn } from '@arbalest/protocol'
import type { JobId } from '@arbalest/common'

/** Values as `CAST(v AS VARCHAR)` gives them; `null` is SQL's NULL. */
export type TextRow = readonly (string | null)[]

/** A statement that has run; its rows are read once. */
export interface SqlRun {
  /** Empty for statements without rows. */
  readonly columns: readonly ResultColumn[]
  readonly rowCount: number
  readonly jobId: JobId | undefined
  readonly mode: 'whole' | 'distributed' | undefined
  readonly stages: number
  /** The rows of a run asked for as text. Leaving the loop lets go of the rest. */
  textRows(signal?: AbortSignal): AsyncIterable<TextRow>
  /** One Arrow IPC stream. */
  bytes(signal?: AbortSignal): AsyncIterable<Uint8Array>
}

export interface SqlRunOptions {
  readonly signal: AbortSignal
  readonly text: boolean
  readonly onProgress: (progress: JobProgress) => void
}

export interface SqlSession {
  split(text: string, options: { readonly signal: AbortSignal }): Promise<readonly StatementPiece[]>
  /** @throws QueryError */
  execute(sql: string, options: SqlRunOptions): Promise<SqlRun>
  cancelJob(jobId: JobId, reason: string): Promise<unknown>
  close(): Promise<void>
}
