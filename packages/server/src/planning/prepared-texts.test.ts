import { defaultSettings, parseDataType } from '@arbalest/common'
import { expect, test } from 'vitest'
import type { TableEntry } from '../catalog/catalog.js'
import { createPreparedTexts } from './prepared-texts.js'
import type { PrepareRequest, PreparedText } from './planner.js'
import { createRecentTexts } from './recent-texts.js'

const request: PrepareRequest = {
  sql: 'SELECT a FROM t', files: [], settings: defaultSettings, textResult: true, cluster: undefined,
}

test('the same request over the same tables is prepared once', async () => {
  const { texts, asked } = fixture()
  const reads = [entry('1')]
  const first = await texts.prepare(request, reads)
  expect(await texts.prepare({ ...request }, [...reads])).toBe(first)
  expect(asked()).toBe(1)
})

test.each([
  ['another text', { sql: 'SELECT b FROM t' }],
  ['another form of the result', { textResult: false }],
  ['another setting', { settings: { ...defaultSettings, duckdb: { TimeZone: 'Asia/Tokyo' } } }],
  ['another cluster', { cluster: { executors: 1, slots: 1, threadsPerExecutor: 1 } }],
])('%s is prepared anew', async (_, changed) => {
  const { texts, asked } = fixture()
  const reads = [entry('1')]
  await texts.prepare(request, reads)
  await texts.prepare({ ...request, ...changed }, reads)
  expect(asked()).toBe(2)
})

test('a table whose files have changed is planned with its new files', async () => {
  const { texts, asked } = fixture()
  await texts.prepare(request, [entry('1')])
  await texts.prepare(request, [entry('2')])
  await texts.prepare(request, [])
  expect(asked()).toBe(3)
})

test('what depends on the moment is never kept', async () => {
  const { texts, asked } = fixture(false)
  await texts.prepare(request, [])
  await texts.prepare(request, [])
  expect(asked()).toBe(2)
})

test('an error is not kept', async () => {
  let calls = 0
  const texts = createPreparedTexts({
    references: () => Promise.reject(new Error(`call ${++calls}`)),
    prepare: () => Promise.reject(new Error(`call ${++calls}`)),
    unfold: () => Promise.reject(new Error('not asked')),
  })
  await expect(texts.references('x')).rejects.toThrow('call 1')
  await expect(texts.references('x')).rejects.toThrow('call 2')
  await expect(texts.prepare(request, [])).rejects.toThrow('call 3')
  await expect(texts.prepare(request, [])).rejects.toThrow('call 4')
})

test('what was not used for longest goes first, and what is too large is not kept', () => {
  const texts = createRecentTexts<number>(100)
  for (const [at, text] of ['a', 'b', 'c', 'd'].entries()) texts.set(text, at, 25)
  texts.get('a')
  texts.set('e', 4, 25)
  texts.set('f', 5, 26)
  expect(['a', 'b', 'c', 'd', 'e', 'f'].map((text) => texts.get(text))).toEqual([0, undefined, 2, 3, 4, undefined])
})

function fixture(timeless = true) {
  let calls = 0
  const texts = createPreparedTexts({
    references: () => Promise.resolve({ functions: [], types: [], sequences: [], tables: [], files: [] }),
    unfold: () => Promise.reject(new Error('not asked')),
    prepare: () => {
      calls += 1
      const text: PreparedText = {
        prepared: `${calls}`, columns: [], sequences: [], timeless, firstStep: undefined, light: false,
      }
      return Promise.resolve(text)
    },
  })
  return { texts, asked: () => calls }
}

function entry(version: string): TableEntry {
  const columns = [{ name: 'a', type: parseDataType('INTEGER') }]
  const reader = { format: 'parquet', options: {}, partitionColumns: [] } as const
  return {
    kind: 'table', name: { schema: 'main', name: 't' }, locations: [], reader, declaredColumns: undefined,
    partitionTypes: [], version, source: { table: 't', columns, reader, files: [], rows: 1, statistics: {} },
  }
}
