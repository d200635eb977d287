/** Errors of the file system as coded errors. */
import { asQueryError, queryError, QueryError } from '@arbalest/common'

const fullDisk = new Set(['ENOSPC', 'EDQUOT'])

/** A full disk is DISK_FULL, other failed calls are IO_ERROR; a `QueryError` stays what it is. */
export function fromFileError(thrown: unknown, path: string): QueryError {
  if (thrown instanceof QueryError) return thrown
  const code = errnoOf(thrown)
  if (code === undefined) return asQueryError(thrown)
  if (fullDisk.has(code)) return queryError('DISK_FULL', { path }, { cause: thrown })
  const reason = thrown instanceof Error ? thrown.message : code
  return queryError('IO_ERROR', { reason, path }, { cause: thrown })
}

/** The code of a failed system call, like `ENOENT`; `undefined` for any other thrown thing. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}
