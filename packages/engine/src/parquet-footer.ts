/** Reads what a Parquet footer says. */
import { queryError } from '@arbalest/common'
import { parquetMetadata, type FileMetaData } from 'hyparquet'

/** @throws QueryError FILE_UNREADABLE when the footer is damaged. */
export function parseFooter(path: string, tail: Uint8Array): FileMetaData {
  try {
    // The reader takes a whole buffer: the tail may be a piece of a larger one.
    return parquetMetadata(new Uint8Array(tail).buffer)
  } catch (error) {
    const reason = `its footer is damaged: ${error instanceof Error ? error.message : String(error)}`
    throw queryError('FILE_UNREADABLE', { path, format: 'parquet', reason }, { cause: error })
  }
}
