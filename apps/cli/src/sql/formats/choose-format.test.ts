import { expect, test } from 'vitest'
import { fakeSession, type FakeAnswer } from '../testing/fake-session.js'
import { memoryOutput } from '../testing/memory-output.js'
import { chooseFormat, type WritableFormatName } from './choose-format.js'
import type { FormatOptions } from './result-format.js'

const people: FakeAnswer = {
  columns: ['id BIGINT', 'name VARCHAR', 'paid DECIMAL(15,2)'],
  rows: [['1', 'Ann', '10.50'], ['2', '', null], ['9007199254740993', 'a,"b"\n|c', '-0.25']],
}

test('CSV quotes what needs it, and tells NULL from an empty text', async () => {
  expect(await written('csv', people)).toBe(
    'id,name,paid\n1,Ann,10.50\n2,"",\n9007199254740993,"a,""b""\n|c",-0.25\n',
  )
})

test('TSV separates by tabs and quotes texts that hold one', async () => {
  const answer = { columns: ['a VARCHAR', 'b VARCHAR'], rows: [['x\ty', 'a,b']] }
  expect(await written('tsv', answer)).toBe('a\tb\n"x\ty"\ta,b\n')
})

test('JSON is one array whose numbers are such where they are exact', async () => {
  const text = await written('json', people)
  expect(JSON.parse(text)).toEqual([
    { id: 1, name: 'Ann', paid: 10.5 },
    { id: 2, name: '', paid: null },
    { id: '9007199254740993', name: 'a,"b"\n|c', paid: -0.25 },
  ])
})

test('JSON without rows is an empty array', async () => {
  expect(await written('json', { columns: ['a INTEGER'], rows: [] })).toBe('[]\n')
})

test('NDJSON is one object a row; columns of one name are told apart', async () => {
  const columns = ['a INTEGER', 'a INTEGER', 'a_1 BOOLEAN']
  const answer = { columns, rows: [['1', '2', 'true'], ['3', null, null]] }
  expect(await written('ndjson', answer)).toBe(
    '{"a":1,"a_1":2,"a_1_1":true}\n{"a":3,"a_1":null,"a_1_1":null}\n',
  )
})

test('Markdown aligns numbers to the right and keeps a cell in its cell', async () => {
  expect(await written('markdown', people)).toBe(
    '| id | name | paid |\n| ---: | --- | ---: |\n| 1 | Ann | 10.50 |\n| 2 |  | NULL |\n' +
      '| 9007199254740993 | a,"b"<br>\\|c | -0.25 |\n',
  )
})

test('Arrow passes the bytes as they come', async () => {
  expect(await written('arrow', { columns: ['a INTEGER'], bytes: Buffer.from('ARROW') })).toBe('ARROW')
})

test('a table shows numbers to the right, NULL, and what was run', async () => {
  expect(await written('table', { columns: ['n BIGINT', 't VARCHAR'], rows: [['5', null]] })).toBe(
    `┌────────┬─────────┐
│ n      │ t       │
│ BIGINT │ VARCHAR │
├────────┼─────────┤
│      5 │ NULL    │
└────────┴─────────┘
1 row · 1.50 s · distributed, 3 stages · job j0123456789abcdef
`,
  )
})

test('a table reads no further than its limit and says what it left out', async () => {
  const rows = Array.from({ length: 100 }, (_, index) => [String(index)])
  const session = fakeSession({ q: { columns: ['n INTEGER'], rows } })
  const text = await written('table', { columns: ['n INTEGER'], rows }, { tableRowsMax: 3 }, session)
  expect(text).toContain('100 rows · 97 not shown (--max-rows, or another --format)')
  expect(session.rowsRead).toBe(3)
})

test('a quiet table has no line below it', async () => {
  const text = await written('table', { columns: ['n INTEGER'], rows: [['1']] }, { quiet: true })
  expect(text.endsWith('┘\n')).toBe(true)
})

async function written(
  name: WritableFormatName,
  answer: FakeAnswer,
  options: Partial<FormatOptions> = {},
  session = fakeSession({ q: answer }),
): Promise<string> {
  const signal = new AbortController().signal
  const run = await session.execute('q', { signal, text: true, onProgress: () => undefined })
  const output = memoryOutput()
  const format = chooseFormat(name, { tableRowsMax: 10, widthMax: undefined, quiet: false, ...options })
  await format.write(run, output, { statement: { number: 1, sql: 'q' }, signal, elapsedMs: () => 1_500 })
  return output.text()
}
