/** The one error that crosses rooms and wires: a code of the catalogue and the facts that belong to it. */
import { errorCodes, type ErrorCategory, type ErrorCode, type RetryClass } from './error-codes.js'

export type ErrorFields = Readonly<Record<string, string | number | undefined>>

/** A `QueryError` as data, for wires and logs. */
export interface WireError {
  readonly code: ErrorCode
  readonly message: string
  readonly fields: ErrorFields
  /** Offset into the statement's own text, 0-based, in UTF-16 units. */
  readonly position?: number
  readonly jobId?: string
}

export class QueryError extends Error {
  override readonly name = 'QueryError'
  readonly code: ErrorCode
  readonly category: ErrorCategory
  readonly retry: RetryClass
  readonly fields: ErrorFields
  readonly position: number | undefined
  readonly jobId: string | undefined

  constructor(wire: WireError, options?: { readonly cause?: unknown }) {
    super(wire.message, options)
    this.code = wire.code
    this.category = errorCodes[wire.code].category
    this.retry = errorCodes[wire.code].retry
    this.fields = wire.fields
    this.position = wire.position
    this.jobId = wire.jobId
  }

  toWire(): WireError {
    return {
      code: this.code,
      message: this.message,
      fields: this.fields,
      ...(this.position === undefined ? {} : { position: this.position }),
      ...(this.jobId === undefined ? {} : { jobId: this.jobId }),
    }
  }
}

/** Makes the error of a code; the message is the catalogue's with the fields filled in. */
export function queryError(
  code: ErrorCode,
  fields: ErrorFields,
  options: { readonly cause?: unknown; readonly position?: number; readonly jobId?: string } = {},
): QueryError {
  const message = errorCodes[code].message.replace(/\{(\w+)\}/g, (_, name: string) =>
    String(fields[name] ?? ''),
  )
  const { cause, position, jobId } = options
  return new QueryError(
    {
      code,
      message,
      fields,
      ...(position === undefined ? {} : { position }),
      ...(jobId === undefined ? {} : { jobId }),
    },
    cause === undefined ? undefined : { cause },
  )
}

/** Reads an error from a wire: an unknown code of a newer peer becomes INTERNAL with its text kept. */
export function queryErrorFromWire(wire: {
  readonly code: string
  readonly message: string
  readonly fields?: ErrorFields
  readonly position?: number | undefined
  readonly jobId?: string | undefined
}): QueryError {
  const known = Object.hasOwn(errorCodes, wire.code)
  return new QueryError({
    code: known ? (wire.code as ErrorCode) : 'INTERNAL',
    message: wire.message,
    fields: wire.fields ?? {},
    ...(wire.position === undefined ? {} : { position: wire.position }),
    ...(wire.jobId === undefined ? {} : { jobId: wire.jobId }),
  })
}

/** Any thrown thing as a `QueryError`; what is not one becomes INTERNAL and keeps its cause. */
export function asQueryError(thrown: unknown): QueryError {
  if (thrown instanceof QueryError) return thrown
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return queryError('INTERNAL', { reason }, { cause: thrown })
}
