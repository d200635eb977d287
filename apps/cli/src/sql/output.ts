/** Where rows go: standard output or a file, written no faster than it is taken. */
import { createWriteStream, openSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { queryError } from '@arbalest/common'

export interface Output {
  /** Aborts when the reader has gone (`| head`). */
  readonly gone: AbortSignal
  /** Resolves when there is room for more. @throws OutputGone, QueryError IO_ERROR, DISK_FULL */
  write(chunk: string | Uint8Array): Promise<void>
  /** Hands over what waits to be written. */
  flush(): Promise<void>
  /** Flushes and, unless it is standard output, closes. */
  close(): Promise<void>
}

/** The reader of the output has gone: no mistake, but nothing is left to do. */
export class OutputGone extends Error {
  override readonly name = 'OutputGone'
}

/** Texts are gathered up to this length before they are written. */
const pendingLengthMax = 64 * 1024

/** @throws QueryError INVALID_OPTION when the file cannot be written */
export function openFileOutput(path: string): Output {
  let fd: number
  try {
    fd = openSync(path, 'w')
  } catch (cause) {
    const reason = `${path} cannot be written: ${(cause as NodeJS.ErrnoException).code ?? 'unknown'}`
    throw queryError('INVALID_OPTION', { option: '--output', reason }, { cause })
  }
  return streamOutput(createWriteStream(path, { fd }), { path, ends: true })
}

export function streamOutput(
  stream: Writable,
  { path = 'standard output', ends = false }: { readonly path?: string; readonly ends?: boolean } = {},
): Output {
  const gone = new AbortController()
  let failure: Error | undefined
  let pending = ''
  stream.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= outputFailure(error, path)
    if (failure instanceof OutputGone) gone.abort(failure)
  })

  const send = async (chunk: string | Uint8Array): Promise<void> => {
    if (failure !== undefined) throw failure
    if (chunk.length > 0 && !stream.write(chunk)) await room(stream)
    if (failure !== undefined) throw failure as Error
  }
  const flush = (): Promise<void> => {
    const chunk = pending
    pending = ''
    return send(chunk)
  }

  return {
    gone: gone.signal,
    flush,
    async write(chunk) {
      if (typeof chunk === 'string') {
        pending += chunk
        if (pending.length >= pendingLengthMax) await flush()
        return
      }
      await flush()
      await send(chunk)
    },
    async close() {
      await flush()
      if (!ends) return
      await new Promise<void>((resolve) => {
        stream.once('close', resolve)
        stream.end()
      })
      if (failure !== undefined) throw failure
    },
  }
}

/** Resolves when the stream takes more, or never will. */
function room(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const name of ['drain', 'error', 'close']) stream.removeListener(name, done)
      resolve()
    }
    for (const name of ['drain', 'error', 'close']) stream.once(name, done)
  })
}

function outputFailure(error: NodeJS.ErrnoException, path: string): Error {
  const isGone = error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED'
  if (isGone) return new OutputGone('the reader has gone')
  if (error.code === 'ENOSPC') return queryError('DISK_FULL', { path }, { cause: error })
  return queryError('IO_ERROR', { reason: `${path} cannot be written: ${error.message}` }, { cause: error })
}
