/**
 * Decodes Arrow messages one by one, as they come: nothing is read ahead, and whoever stops reading stops
 * the sender. Schema and dictionaries are decoded once for all batches behind them.
 */
import { RecordBatchReader, Schema, type RecordBatch } from 'apache-arrow'
import { queryError } from '@arbalest/common'
import { frameIpcMessage, type IpcMessage } from '@arbalest/protocol'

export class BatchDecoder {
  /** Bytes that Arrow has yet to take: of one batch, and of the dictionaries before it. */
  #pieces: Uint8Array[] = []
  #reader: RecordBatchReader | undefined

  /** The batch of a batch message; the other messages are kept for those that follow. */
  take(message: IpcMessage): RecordBatch | undefined {
    if (message.kind === 'other') return undefined
    if (message.kind === 'schema') this.#pieces = []
    this.#pieces.push(...frameIpcMessage(message))
    if (message.kind === 'schema') this.#reader = openReader(this.#pieces)
    if (message.kind !== 'batch') return undefined
    const next = this.#reader?.next() as IteratorResult<RecordBatch> | undefined
    return next?.done === false ? next.value : undefined
  }

  /** Without fields before the schema has come. */
  get schema(): Schema {
    return this.#reader?.schema ?? new Schema()
  }
}

function openReader(pieces: Uint8Array[]): RecordBatchReader {
  const reader = RecordBatchReader.from(takenFrom(pieces))
  reader.open()
  return reader
}

/**
 * Never ends: Arrow looks for more when it has what it asked for, and makes do with nothing. Who looks again
 * and again lacks what a message has promised.
 */
function* takenFrom(pieces: Uint8Array[]): Generator<Uint8Array> {
  for (let vain = 0; vain < looksInVainMax;) {
    const piece = pieces.shift()
    vain = piece === undefined ? vain + 1 : 0
    yield piece ?? nothing
  }
  throw queryError('INTERNAL', { reason: 'broken result: a batch is shorter than it says' })
}

const looksInVainMax = 8
const nothing = new Uint8Array(0)
