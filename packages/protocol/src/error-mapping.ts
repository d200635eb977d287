/** Errors on gRPC: a `QueryError` crosses whole in the trailers; what others send is given a code of ours. */
import { Metadata, status } from '@grpc/grpc-js'
import {
  QueryError,
  asQueryError,
  queryError,
  queryErrorFromWire,
  type WireError,
} from '@arbalest/common'
import { decodeJson, encodeJson } from './shape.js'
import { wireErrorShape } from './message-shapes.js'

/** The trailer with the `WireError` as JSON. */
const trailer = 'arbalest-error-bin'
/** Header blocks end at 64 KiB, and percent-coding makes nine bytes of one character. */
const detailsLengthMax = 1_000
const messageLengthMax = 4_000
const fieldLengthMax = 1_000
const wireBytesMax = 24 * 1024

/** How grpc-js tells of a socket that failed otherwise than by ECONNRESET or ETIMEDOUT, such as by EPIPE. */
const brokenConnection = /triggered by internal client error: (?:read|write|connect) E[A-Z]+/

export interface GrpcStatus {
  readonly code: status
  readonly details: string
  readonly metadata: Metadata
}

/** The status that a call ends with. */
export function toGrpcStatus(thrown: unknown): GrpcStatus {
  const error = asQueryError(thrown)
  const metadata = new Metadata()
  metadata.set(trailer, encodeWire(error.toWire()))
  return {
    code: grpcCode(error),
    details: wellFormed(error.message.slice(0, detailsLengthMax)),
    metadata,
  }
}

/**
 * A failed call as a `QueryError`. `address` is whom we asked, for the message when nobody of ours
 * answered.
 */
export function fromGrpcError(thrown: unknown, address: string): QueryError {
  if (thrown instanceof QueryError) return thrown
  const { code, details, metadata } = thrown as Partial<GrpcStatus>
  const ours = readTrailer(metadata)
  if (ours !== undefined) return queryErrorFromWire(ours)
  const reason = details ?? (thrown instanceof Error ? thrown.message : String(thrown))
  const cause = { cause: thrown }
  switch (code) {
    case status.UNAVAILABLE:
    case status.DEADLINE_EXCEEDED:
      return queryError('SCHEDULER_UNREACHABLE', { address, reason }, cause)
    case status.UNAUTHENTICATED:
      return queryError('UNAUTHENTICATED', { reason }, cause)
    case status.PERMISSION_DENIED:
      return queryError('PERMISSION_DENIED', { reason }, cause)
    case status.RESOURCE_EXHAUSTED:
      return queryError(
        'LIMIT_EXCEEDED',
        { what: `a message (${reason})`, limit: 'the peer' },
        cause,
      )
    case status.UNIMPLEMENTED:
      return queryError(
        'NOT_IN_THIS_VERSION',
        { what: reason, instead: `${address} offers other services` },
        cause,
      )
    case status.INVALID_ARGUMENT:
      return queryError('INVALID_REQUEST', { reason }, cause)
    default:
      if (code === status.INTERNAL && brokenConnection.test(reason)) {
        return queryError('SCHEDULER_UNREACHABLE', { address, reason }, cause)
      }
      return queryError('INTERNAL', { reason: `${address}: ${reason}` }, cause)
  }
}

function readTrailer(metadata: Metadata | undefined): WireError | undefined {
  const bytes = metadata?.get(trailer)[0]
  if (!Buffer.isBuffer(bytes)) return undefined
  try {
    return decodeJson(bytes, wireErrorShape, 'error')
  } catch {
    return undefined
  }
}

function encodeWire(wire: WireError): Buffer {
  const fields = Object.entries(wire.fields).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.slice(0, fieldLengthMax) : value,
  ])
  const short = {
    ...wire,
    message: wire.message.slice(0, messageLengthMax),
    fields: Object.fromEntries(fields),
  }
  const bytes = encodeJson(short)
  return bytes.length <= wireBytesMax ? bytes : encodeJson({ ...short, fields: {} })
}

/** Half surrogate pairs cannot be percent-coded. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd')

function grpcCode(error: QueryError): status {
  switch (error.code) {
    case 'UNAUTHENTICATED':
      return status.UNAUTHENTICATED
    case 'PERMISSION_DENIED':
      return status.PERMISSION_DENIED
    case 'UNKNOWN_JOB':
    case 'UNKNOWN_SESSION':
    case 'RESULT_EXPIRED':
      return status.NOT_FOUND
    case 'JOB_CANCELLED':
      return status.CANCELLED
    case 'NOT_IN_THIS_VERSION':
      return status.UNIMPLEMENTED
    case 'LIMIT_EXCEEDED':
      return status.RESOURCE_EXHAUSTED
    default:
  }
  switch (error.category) {
    case 'user':
      return status.INVALID_ARGUMENT
    case 'resource':
      return status.RESOURCE_EXHAUSTED
    case 'transient':
      return status.UNAVAILABLE
    case 'lost-input':
      return status.ABORTED
    case 'internal':
      return status.INTERNAL
  }
}
