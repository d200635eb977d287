/**
 * Decodes Arrow messages one by one. Each batch is read from a stream of its own (schema, dictionaries,
 * batch), so that nothing is read ahead and whoever stops reading stops the sender.
 */
import {
  RecordBatchReader,
  Schema,
  type RecordBatch,
  type RecordBatchFileReader,
  type RecordBatchStreamReader,
} from 'apache-arrow'
import { frameIpcMessage, ipcEndMark, type IpcMessage } from '@arbalest/protocol'

export class BatchDecoder {
  #schemaBytes: readonly Uint8Array[] = []
  #dictionaries: readonly Uint8Array[] = []

  /** The batch of a batch message; the other messages are kept for those that follow. */
  take(message: IpcMessage): RecordBatch | undefined {
    const bytes = frameIpcMessage(message)
    if (message.kind === 'schema') {
      this.#schemaBytes = bytes
      this.#dictionaries = []
    }
    if (message.kind === 'dictionary') this.#dictionaries = [...this.#dictionaries, ...bytes]
    if (message.kind !== 'batch') return undefined
    const reader = this.#read(bytes)
    return [...reader][0]
  }

  /** Without fields before the schema has come. */
  get schema(): Schema {
    if (this.#schemaBytes.length === 0) return new Schema()
    const reader = this.#read([])
    reader.open()
    return reader.schema
  }

  #read(batch: readonly Uint8Array[]): RecordBatchStreamReader | RecordBatchFileReader {
    // In pieces: a body in one piece is then not copied as a whole.
    const pieces = [...this.#schemaBytes, ...this.#dictionaries, ...batch, ipcEndMark]
    return RecordBatchReader.from(pieces)
  }
}
