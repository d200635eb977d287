/** The front's messages between their protobuf form and their data form; what arrives is checked here. */
import { limits, parseJobId, parseSessionId, queryError } from '@arbalest/common'
import type {
  ExecuteEvent,
  ExecuteRequest,
  JobAnswer,
  JobProgress,
  ResultData,
  StatementPiece,
  StatementResult,
} from './front-messages.js'
import type * as wire from './generated/arbalest.js'
import { wireErrorShape } from './message-shapes.js'
import { parameterValuesShape } from './parameter-values.js'
import { decodeJson, encodeJson, oneOf, optional } from './shape.js'

const jobState = oneOf('queued', 'planning', 'running', 'succeeded', 'failed', 'cancelled')
const mode = optional(oneOf('whole', 'distributed'))
const pieceKind = oneOf('query', 'command')
const orUndefined = (text: string): string | undefined => (text === '' ? undefined : text)

export const encodeExecuteRequest = (request: ExecuteRequest): wire.ExecuteRequest => ({
  sessionId: request.sessionId ?? '',
  requestId: request.requestId,
  sql: request.sql,
  textResult: request.textResult,
  parameters: hasParameters(request) ? encodeJson(request.parameters) : Buffer.alloc(0),
})

const hasParameters = ({ parameters }: ExecuteRequest): boolean =>
  parameters !== undefined && Object.keys(parameters).length > 0

/** @throws QueryError INVALID_ID, STATEMENT_TOO_LONG, INVALID_REQUEST */
export function decodeExecuteRequest(request: wire.ExecuteRequest): ExecuteRequest {
  checkTextLength(request.sql)
  return {
    sessionId: request.sessionId === '' ? undefined : parseSessionId(request.sessionId),
    requestId: request.requestId.slice(0, 80),
    sql: request.sql,
    textResult: request.textResult,
    ...(request.parameters.length === 0
      ? {}
      : { parameters: decodeJson(request.parameters, parameterValuesShape, 'parameters') }),
  }
}

/** @throws QueryError STATEMENT_TOO_LONG */
export function checkTextLength(sql: string): void {
  const bytes = Buffer.byteLength(sql)
  if (bytes > limits.statementBytesMax) {
    throw queryError('STATEMENT_TOO_LONG', { bytes, limit: limits.statementBytesMax })
  }
}

export function encodeExecuteEvent(event: ExecuteEvent): wire.ExecuteEvent {
  switch (event.kind) {
    case 'accepted':
      return {
        body: { $case: 'accepted', accepted: { jobId: event.jobId ?? '', columns: [...(event.columns ?? [])] } },
      }
    case 'progress':
      return { body: { $case: 'progress', progress: event.progress } }
    case 'result':
      return { body: { $case: 'result', result: encodeResult(event.result) } }
  }
}

/** `undefined` for events that only a newer peer knows. */
export function decodeExecuteEvent({ body }: wire.ExecuteEvent): ExecuteEvent | undefined {
  switch (body?.$case) {
    case 'accepted': {
      const { jobId, columns } = body.accepted
      return {
        kind: 'accepted',
        jobId: jobId === '' ? undefined : parseJobId(jobId),
        ...(columns.length === 0 ? {} : { columns }),
      }
    }
    case 'progress':
      return { kind: 'progress', progress: decodeProgress(body.progress) }
    case 'result':
      return { kind: 'result', result: decodeResult(body.result) }
    case undefined:
      return undefined
  }
}

function decodeProgress(progress: wire.Progress): JobProgress {
  return {
    ...progress,
    jobId: parseJobId(progress.jobId),
    state: jobState(progress.state, 'state'),
  }
}

function encodeResult(result: StatementResult): wire.StatementResult {
  return {
    columns: result.columns.map(({ name, type }) => ({ name, type })),
    rowCount: result.rowCount,
    data: encodeData(result.data),
    jobId: result.jobId ?? '',
    mode: result.mode ?? '',
    modeReason: result.modeReason ?? '',
    stages: result.stages,
  }
}

function encodeData(data: ResultData): wire.StatementResult['data'] {
  switch (data.kind) {
    case 'none':
      return undefined
    case 'inline':
      return { $case: 'inlineIpc', inlineIpc: Buffer.from(data.ipc) }
    case 'ticket':
      return { $case: 'ticket', ticket: Buffer.from(data.ticket) }
  }
}

function decodeResult(result: wire.StatementResult): StatementResult {
  return {
    columns: result.columns,
    rowCount: result.rowCount,
    data: decodeData(result.data),
    jobId: result.jobId === '' ? undefined : parseJobId(result.jobId),
    mode: mode(orUndefined(result.mode), 'mode'),
    modeReason: orUndefined(result.modeReason),
    stages: result.stages,
  }
}

function decodeData(data: wire.StatementResult['data']): ResultData {
  switch (data?.$case) {
    case 'inlineIpc':
      return { kind: 'inline', ipc: data.inlineIpc }
    case 'ticket':
      return { kind: 'ticket', ticket: data.ticket }
    case undefined:
      return { kind: 'none' }
  }
}

export const encodeJobAnswer = (answer: JobAnswer): wire.JobAnswer => ({
  progress: answer.progress,
  error: answer.error === undefined ? undefined : encodeJson(answer.error),
  result: answer.result === undefined ? undefined : encodeResult(answer.result),
})

export function decodeJobAnswer(answer: wire.JobAnswer): JobAnswer {
  if (answer.progress === undefined)
    throw queryError('INVALID_REQUEST', { reason: 'a job without its state' })
  return {
    progress: decodeProgress(answer.progress),
    error:
      answer.error === undefined ? undefined : decodeJson(answer.error, wireErrorShape, 'error'),
    result: answer.result === undefined ? undefined : decodeResult(answer.result),
  }
}

export const decodeStatementPiece = (piece: wire.StatementPiece): StatementPiece => ({
  sql: piece.sql,
  start: piece.start,
  kind: pieceKind(piece.kind, 'kind'),
})
