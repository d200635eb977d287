/** Turns the inputs of an attempt into local files: its own executor's where they lie, others brought. */
import { statSync } from 'node:fs'
import {
  asQueryError, parseAttemptId, queryError, type AttemptId, type ExecutorId, type QueryError,
} from '@arbalest/common'
import type { AttemptInput, AttemptSpec, LocalInput, ShufflePiece } from '@arbalest/plan'
import type { OutputRegistry } from './output-registry.js'
import type { LocalPiece, PieceRequest, PieceStore } from './piece-store.js'
import { fetchFailed } from './shuffle-fetch.js'
import type { SharedDirectory } from './shuffle-store.js'

export interface InputContext {
  readonly executorId: ExecutorId
  /** The directory that executors share, if there is one. */
  readonly shared: SharedDirectory | undefined
  readonly registry: OutputRegistry
  readonly pieces: PieceStore
  readonly jobToken: string
  readonly signal: AbortSignal
}

export interface ResolvedInputs {
  readonly inputs: readonly LocalInput[]
  readonly fetchedBytes: number
}

/** Outputs of producers could not be read; the first error stands for all. */
export class InputsLost extends Error {
  readonly first: QueryError
  readonly producers: readonly AttemptId[]

  constructor(first: QueryError, producers: readonly AttemptId[]) {
    super(first.message, { cause: first })
    this.first = first
    this.producers = producers
  }
}

/**
 * All pieces are tried before it gives up, so that the scheduler hears of everything that is lost at once.
 * @throws InputsLost; QueryError DISK_FULL, IO_ERROR; the reason of the signal
 */
export async function resolveInputs(spec: AttemptSpec, context: InputContext): Promise<ResolvedInputs> {
  const unreachable = new Map<ExecutorId, string>()
  const places = new Map<ShufflePiece, LocalPiece>()
  const failures: { readonly piece: ShufflePiece; readonly error: QueryError }[] = []
  const holder = spec.attemptId
  const requests = spec.inputs.flatMap((input) =>
    input.kind !== 'shuffle' ? [] : input.pieces.map((piece) => ({ piece, only: input.only, holder, unreachable })))
  await Promise.all(
    requests.map(async (request) => {
      const { piece } = request
      try {
        places.set(piece, await locate(request, context))
      } catch (thrown) {
        failures.push({ piece, error: asQueryError(thrown) })
      }
    }),
  )
  context.signal.throwIfAborted()
  const other = failures.find(({ error }) => error.code !== 'SHUFFLE_FETCH_FAILED')
  if (other !== undefined) throw other.error
  const [first] = failures
  if (first !== undefined) {
    throw new InputsLost(first.error, [...new Set(failures.map(({ piece }) => piece.attemptId))])
  }
  const fetchedBytes = [...places.values()].reduce((sum, place) => sum + place.fetchedBytes, 0)
  return { inputs: spec.inputs.map((input) => localInput(input, places)), fetchedBytes }
}

function locate(
  request: Omit<PieceRequest, 'jobToken' | 'signal'>,
  context: InputContext,
): Promise<LocalPiece> {
  const { piece, holder } = request
  const { executorId, pieces, jobToken, signal } = context
  // It becomes part of the name of a file.
  if (!Number.isSafeInteger(piece.file) || piece.file < 0) {
    const reason = `a piece is file ${String(piece.file)} of its attempt`
    return Promise.reject(queryError('INVALID_REQUEST', { reason }))
  }
  if (parseAttemptId(piece.attemptId).jobId !== parseAttemptId(holder).jobId) {
    const reason = 'an attempt reads only what its own job has made'
    return Promise.reject(queryError('PERMISSION_DENIED', { reason }))
  }
  if (piece.executorId === executorId) {
    const own = locateOwn(piece, context)
    if ('path' in own) return Promise.resolve(own)
    if (piece.inline === undefined) return Promise.reject(fetchFailed(piece, own.reason))
  }
  const path = locateShared(piece, context)
  if (path !== undefined) return Promise.resolve({ path, fetchedBytes: 0 })
  return pieces.acquire({ ...request, jobToken, signal })
}

/** A file that is not there as it was told may still be had of its executor. */
function locateShared(piece: ShufflePiece, { shared }: InputContext): string | undefined {
  if (shared === undefined || piece.store !== shared.id) return undefined
  const path = shared.find(parseAttemptId(piece.attemptId), piece.file)
  return sizeOf(path) === piece.bytes ? path : undefined
}

function locateOwn(piece: ShufflePiece, { registry }: InputContext): LocalPiece | { readonly reason: string } {
  const held = registry.find(piece.attemptId, piece.file)
  if (held === undefined) return { reason: 'it does not hold that output' }
  const size = sizeOf(held.path)
  if (size !== piece.bytes) return { reason: `its file has ${size ?? 'no'} bytes` }
  return { path: held.path, fetchedBytes: 0 }
}

function sizeOf(path: string): number | undefined {
  try {
    return statSync(path).size
  } catch {
    // Whatever keeps it from being looked at keeps it from being read.
    return undefined
  }
}

function localInput(input: AttemptInput, places: ReadonlyMap<ShufflePiece, LocalPiece>): LocalInput {
  if (input.kind === 'files') return input
  const { kind, name, columns, only } = input
  const paths = input.pieces.flatMap((piece) => places.get(piece)?.path ?? [])
  const sum = (figure: 'rows' | 'bytes') => input.pieces.reduce((total, piece) => total + piece[figure], 0)
  return { kind, name, columns, paths, rows: sum('rows'), bytes: sum('bytes'), ...(only === undefined ? {} : { only }) }
}
