/** Errors over HTTP: `application/problem+json` with our code beside the standard fields. */
import type { FastifyReply } from 'fastify'
import { asQueryError, errorCodes, type QueryError } from '@arbalest/common'

export function sendProblem(reply: FastifyReply, thrown: unknown, status?: number): FastifyReply {
  const error = asQueryError(thrown)
  const { code, category, message, position, jobId } = error
  const statusCode = status ?? httpStatus(error)
  if (statusCode === 401) reply.header('www-authenticate', 'Bearer')
  return reply
    .code(statusCode)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title: code,
        status: statusCode,
        detail: message,
        error: { code, category, message, position, advice: errorCodes[code].mend, job_id: jobId },
      }),
    )
}

function httpStatus({ code, category }: QueryError): number {
  switch (code) {
    case 'UNAUTHENTICATED':
      return 401
    case 'PERMISSION_DENIED':
      return 403
    case 'UNKNOWN_JOB':
    case 'UNKNOWN_SESSION':
      return 404
    case 'RESULT_EXPIRED':
      return 410
    case 'STATEMENT_TOO_LONG':
      return 413
    case 'NOT_IN_THIS_VERSION':
      return 501
    default:
  }
  switch (category) {
    case 'user':
      return 400
    case 'resource':
    case 'transient':
    case 'lost-input':
      return 503
    case 'internal':
      return 500
  }
}
