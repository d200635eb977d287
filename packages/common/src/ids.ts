/**
 * Branded identifiers, so that a job id is never passed where an executor id is meant.
 *
 * Ids arrive from the network and are used to look things up, never to build paths. The text form
 * is checked once, at the edge, by the `parse…` functions.
 */
import { queryError } from './query-error.js'

declare const brand: unique symbol
type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** One submitted statement under execution: `j` and 16 letters or digits. */
export type JobId = Branded<string, 'JobId'>
/** A stage within its job, counted from 1 in the order of publication. */
export type StageId = Branded<number, 'StageId'>
/** One process that runs attempts: `e` and 16 letters or digits, new at every start. */
export type ExecutorId = Branded<string, 'ExecutorId'>
/** A client's settings and views on the server: `s` and 16 letters or digits. */
export type SessionId = Branded<string, 'SessionId'>
/** One try of a task: `job/stage/task/attempt`. Never used twice. */
export type AttemptId = Branded<string, 'AttemptId'>

/** The parts of an attempt id. `task` counts from 0 within its stage, `attempt` from 1 within its task. */
export interface AttemptParts {
  readonly jobId: JobId
  readonly stageId: StageId
  readonly task: number
  readonly attempt: number
}

const idBody = /^[a-z0-9]{16}$/

function parsePrefixed(prefix: string, what: string, text: string): string {
  if (text.startsWith(prefix) && idBody.test(text.slice(1))) return text
  throw queryError('INVALID_ID', { what, id: text.slice(0, 80) })
}

/** @throws QueryError INVALID_ID when the text is not a job id. */
export const parseJobId = (text: string): JobId => parsePrefixed('j', 'job', text) as JobId
/** @throws QueryError INVALID_ID when the text is not an executor id. */
export const parseExecutorId = (text: string): ExecutorId =>
  parsePrefixed('e', 'executor', text) as ExecutorId
/** @throws QueryError INVALID_ID when the text is not a session id. */
export const parseSessionId = (text: string): SessionId =>
  parsePrefixed('s', 'session', text) as SessionId

/** @throws QueryError INVALID_ID when the number is not a whole number from 1. */
export function parseStageId(value: number): StageId {
  if (Number.isSafeInteger(value) && value >= 1) return value as StageId
  throw queryError('INVALID_ID', { what: 'stage', id: String(value) })
}

/** The text of an attempt id. */
export function attemptId(parts: AttemptParts): AttemptId {
  return `${parts.jobId}/${parts.stageId}/${parts.task}/${parts.attempt}` as AttemptId
}

/** @throws QueryError INVALID_ID when the text is not `job/stage/task/attempt`. */
export function parseAttemptId(text: string): AttemptParts {
  const match = /^(j[a-z0-9]{16})\/([1-9]\d{0,8})\/(\d{1,9})\/([1-9]\d{0,8})$/.exec(text)
  if (match === null) throw queryError('INVALID_ID', { what: 'attempt', id: text.slice(0, 80) })
  return {
    jobId: match[1] as JobId,
    stageId: Number(match[2]) as StageId,
    task: Number(match[3]),
    attempt: Number(match[4]),
  }
}

/** Makes the body of an id from 16 random bytes supplied by the caller. */
export function idFromBytes(prefix: 'j' | 'e' | 's', bytes: Uint8Array): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'
  let body = ''
  for (let i = 0; i < 16; i++) body += letters[(bytes[i] ?? 0) % letters.length]
  return prefix + body
}
