import { Dictionary, Int32, Table, Utf8, tableToIPC, vectorFromArray } from 'apache-arrow'
import { expect, test } from 'vitest'
import { chunkSource, readIpcMessages, type IpcMessage } from '@arbalest/protocol'
import { BatchDecoder } from './batch-decoder.js'

test('batches come one by one, with the dictionaries before them', async () => {
  const words = vectorFromArray(['a', 'b', null, 'a'], new Dictionary(new Utf8(), new Int32()))
  const table = new Table({ n: vectorFromArray([1, 2, null, 4], new Int32()), words })
  const messages = await messagesOf(new Table([...table.batches, ...table.slice(1, 3).batches]))
  const decoder = new BatchDecoder()
  const batches = messages.map((message) => decoder.take(message))
  expect(messages.map(({ kind }, at) => [kind, batches[at]?.numRows])).toEqual([
    ['schema', undefined],
    ['dictionary', undefined],
    ['batch', 4],
    ['batch', 2],
  ])
  expect(batches[2]?.toArray().map(String)).toEqual(table.toArray().map(String))
  expect(batches[3]?.toArray().map(String)).toEqual(table.slice(1, 3).toArray().map(String))
  expect(decoder.schema.fields.map(({ name }) => name)).toEqual(['n', 'words'])
})

test('bodies may come in pieces, and be empty', async () => {
  const table = new Table({ n: vectorFromArray([1, 2, 3], new Int32()) })
  const [batch] = table.batches
  const messages = await messagesOf(new Table([batch!, batch!.slice(0, 0), batch!]))
  const decoder = new BatchDecoder()
  const rows = messages.map((message) => decoder.take({ ...message, body: halves(message.body) })?.numRows)
  expect(rows).toEqual([undefined, 3, 0, 3])
})

test('a new schema begins anew', async () => {
  const decoder = new BatchDecoder()
  for (const name of ['x', 'y']) {
    for (const message of await messagesOf(new Table({ [name]: vectorFromArray([1], new Int32()) })))
      decoder.take(message)
    expect(decoder.schema.fields.map((field) => field.name)).toEqual([name])
  }
})

test('without a schema there is no batch; with a body cut short there is an error', async () => {
  const table = new Table({ n: vectorFromArray([1, 2, 3], new Int32()) })
  const [schema, batch] = (await messagesOf(table)) as [IpcMessage, IpcMessage]
  expect(new BatchDecoder().take(batch)).toBe(undefined)
  const decoder = new BatchDecoder()
  decoder.take(schema)
  const short = { ...batch, body: batch.body.map((piece) => piece.subarray(0, piece.length - 8)) }
  expect(() => decoder.take(short)).toThrow('shorter than it says')
})

const halves = (pieces: readonly Buffer[]): readonly Buffer[] =>
  pieces.flatMap((piece) => [piece.subarray(0, piece.length / 2), piece.subarray(piece.length / 2)])

async function messagesOf(table: Table): Promise<readonly IpcMessage[]> {
  const messages: IpcMessage[] = []
  const bytes = chunkSource(one(tableToIPC(table, 'stream')))
  for await (const message of readIpcMessages(bytes)) messages.push(message)
  return messages
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
