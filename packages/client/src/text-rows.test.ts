import { Int32, RecordBatch, Struct, Table, Utf8, makeData, vectorFromArray } from 'apache-arrow'
import { expect, test } from 'vitest'
import { batchTextRows } from './text-rows.js'

const batchOf = (columns: Record<string, readonly (string | null)[]>): RecordBatch => {
  const vectors = Object.entries(columns).map(([name, values]) => [name, vectorFromArray(values, new Utf8())])
  const [batch] = new Table(Object.fromEntries(vectors)).batches
  if (batch === undefined) throw new Error('a table with rows has a batch')
  return batch
}

test('text is what it was: empty, missing, beyond ASCII, across columns', () => {
  const batch = batchOf({ a: ['one', null, '', 'four'], b: ['ä', '🙂', null, 'plain'] })
  expect(batchTextRows(batch)).toEqual([['one', 'ä'], [null, '🙂'], ['', null], ['four', 'plain']])
})

test('a slice of a batch gives its rows only', () => {
  const batch = batchOf({ a: ['one', null, 'three', 'four'], b: ['é', 'b', 'c', 'd'] })
  expect(batchTextRows(batch.slice(1, 3))).toEqual([[null, 'b'], ['three', 'c']])
})

test('columns of other types are printed', () => {
  const data = vectorFromArray([1, null, 3], new Int32()).data[0]
  const children = data === undefined ? [] : [data]
  const type = new Struct(new Table({ n: vectorFromArray([1], new Int32()) }).schema.fields)
  const { schema } = new Table({ n: vectorFromArray([1], new Int32()) })
  const batch = new RecordBatch(schema, makeData({ type, length: 3, children }))
  expect(batchTextRows(batch)).toEqual([['1'], [null], ['3']])
})
