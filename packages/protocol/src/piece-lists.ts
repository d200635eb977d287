/**
 * Lists of files that many attempts read go over an executor's stream once and are named from then on: M producers
 * and N readers take M + N of what is said, not M times N. What is said of a list is made once for all streams.
 */
import { present, queryError, type AttemptId, type ExecutorId, type JobId } from '@arbalest/common'
import type { AttemptInput, AttemptSpec, ShufflePiece } from '@arbalest/plan'
import type { ExecutorMessage, MessageStream, SchedulerMessage } from './messages.js'
import { encodeJson } from './shape.js'

/** Comes before the first launch that names the list. */
export interface PieceList {
  readonly kind: 'piece-list'
  readonly jobId: JobId
  readonly list: string
  readonly pieces: readonly ShufflePiece[]
}

/** What passes over the stream to an executor. */
export type StreamMessage = SchedulerMessage | PieceList

/** The scheduler's end: launches name the lists that they share, unless the executor is an older one. */
export function namingPieceLists(
  stream: MessageStream<StreamMessage, ExecutorMessage>,
): MessageStream<SchedulerMessage, ExecutorMessage> {
  const sent = new Map<JobId, Set<string>>()
  let takesLists = false
  return {
    ...stream,
    onMessage(listener) {
      stream.onMessage((message) => {
        if (message.kind === 'register') takesLists = message.registration.takesLists === true
        listener(message)
      })
    },
    send(message) {
      if (message.kind === 'forget-job') sent.delete(message.jobId)
      if (message.kind !== 'launch' || !takesLists) return stream.send(message)
      const attempts = message.attempts.map((attempt) =>
        withInputs(attempt, (input) => {
          if (input.list === undefined) return input
          const jobId = jobIdOf(attempt)
          const known = sent.get(jobId) ?? new Set()
          sent.set(jobId, known)
          if (!known.has(input.list)) stream.send({ kind: 'piece-list', jobId, list: input.list, pieces: input.pieces })
          known.add(input.list)
          return { ...input, pieces: [] }
        }))
      stream.send({ ...message, attempts })
    },
  }
}

/** The executor's end: attempts hold the pieces again. A list that has not been sent ends the stream. */
export function resolvingPieceLists(
  stream: MessageStream<ExecutorMessage, StreamMessage>,
): MessageStream<ExecutorMessage, SchedulerMessage> {
  const lists = new Map<JobId, Map<string, readonly ShufflePiece[]>>()
  const resolve = (attempt: AttemptSpec): AttemptSpec =>
    withInputs(attempt, (input) => {
      if (input.list === undefined) return input
      const pieces = lists.get(jobIdOf(attempt))?.get(input.list)
      if (pieces === undefined) throw queryError('INVALID_REQUEST', { reason: `list ${input.list} has not been sent` })
      return { ...input, pieces }
    })
  return {
    ...stream,
    onMessage(listener) {
      stream.onMessage((message) => {
        if (message.kind === 'piece-list') {
          const { jobId, list, pieces } = message
          lists.set(jobId, (lists.get(jobId) ?? new Map<string, readonly ShufflePiece[]>()).set(list, pieces))
          return
        }
        if (message.kind === 'forget-job') lists.delete(message.jobId)
        if (message.kind !== 'launch') return listener(message)
        let attempts: readonly AttemptSpec[]
        try {
          attempts = message.attempts.map(resolve)
        } catch (thrown) {
          stream.close(thrown instanceof Error ? thrown.message : 'the peer sent what is no launch')
          return
        }
        listener({ ...message, attempts })
      })
    },
  }
}

type ShuffleInput = Extract<AttemptInput, { kind: 'shuffle' }>

function withInputs(attempt: AttemptSpec, change: (input: ShuffleInput) => AttemptInput): AttemptSpec {
  if (!attempt.inputs.some((input) => input.kind === 'shuffle' && input.list !== undefined)) return attempt
  return { ...attempt, inputs: attempt.inputs.map((input) => (input.kind === 'shuffle' ? change(input) : input)) }
}

const jobIdOf = ({ attemptId }: AttemptSpec): JobId => attemptId.slice(0, attemptId.indexOf('/')) as JobId

/** A list as it goes over the wire: executors once, and a row of a few values for each file. */
export interface PackedPieces {
  readonly executors: readonly (readonly [string, string, number])[]
  readonly rows: readonly PackedPiece[]
}

/**
 * Number of the executor, `STAGE/TASK/ATTEMPT`, file, rows, bytes; then, null or left out at the end where there is
 * none: CRC-32, bytes and CRC-32 of the index, inline copy, shared directory.
 */
type PackedPiece = readonly [
  number, string, number, number, number,
  Maybe<number>?, Maybe<number>?, Maybe<number>?, Maybe<string>?, Maybe<string>?,
]
type Maybe<T> = T | null

const packed = new WeakMap<readonly ShufflePiece[], Buffer>()

/** The bytes of a message; those of a list's files are made once. */
export function encodeStreamMessage(message: StreamMessage): Buffer {
  if (message.kind !== 'piece-list') return encodeJson(message)
  const { kind, jobId, list, pieces } = message
  let body = packed.get(pieces)
  if (body === undefined) {
    body = encodeJson(pack(pieces))
    packed.set(pieces, body)
  }
  const head = Buffer.from(`${JSON.stringify({ kind, jobId, list }).slice(0, -1)},"pieces":`)
  return Buffer.concat([head, body, Buffer.from('}')])
}

function pack(pieces: readonly ShufflePiece[]): PackedPieces {
  const numbers = new Map<string, number>()
  const executors: (readonly [string, string, number])[] = []
  const rows = pieces.map((piece): PackedPiece => {
    const { executorId, host, port, attemptId, file, rows: count, bytes, crc32, index, inline, store } = piece
    const key = `${executorId} ${host} ${port}`
    const number = numbers.get(key) ?? executors.length
    if (number === executors.length) executors.push([executorId, host, port])
    numbers.set(key, number)
    const more = [crc32, index?.bytes, index?.crc32, inline, store].map((value) => value ?? null)
    const length = more.findLastIndex((value) => value !== null) + 1
    const stageOn = attemptId.slice(attemptId.indexOf('/') + 1)
    return [number, stageOn, file, count, bytes, ...more.slice(0, length)] as unknown as PackedPiece
  })
  return { executors, rows }
}

/** The pieces of a job, from what `encodeStreamMessage` made of them. */
export function unpackPieces(jobId: JobId, { executors, rows }: PackedPieces): readonly ShufflePiece[] {
  return rows.map(([number, stageOn, file, count, bytes, crc32, indexBytes, indexCrc32, inline, store]) => {
    const [executorId, host, port] = present(executors[number], 'a piece lies on an executor of its list')
    return {
      executorId: executorId as ExecutorId,
      host,
      port,
      attemptId: `${jobId}/${stageOn}` as AttemptId,
      file,
      rows: count,
      bytes,
      ...(isThere(crc32) ? { crc32 } : {}),
      ...(isThere(indexBytes)
        ? { index: { bytes: indexBytes, ...(isThere(indexCrc32) ? { crc32: indexCrc32 } : {}) } }
        : {}),
      ...(isThere(inline) ? { inline } : {}),
      ...(isThere(store) ? { store } : {}),
    }
  })
}

const isThere = <T>(value: Maybe<T> | undefined): value is T => value !== undefined && value !== null
