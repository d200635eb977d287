import { queryError } from '@arbalest/common'
import { expect, test } from 'vitest'
import { runSql } from './run-sql.js'
import { fakeSession, type FakeAnswer } from './testing/fake-session.js'
import { fakeSurroundings, sqlOptions } from './testing/fake-surroundings.js'

const broken = queryError('UNKNOWN_COLUMN', { reason: 'no column "x"' }, { position: 7 })

test('a statement with rows is one line: text values, names and types, job and mode', async () => {
  const answer = { columns: ['n BIGINT'], rows: [['42'], [null]] }
  const lines = await report('select n', { 'select n': answer })
  expect(lines).toEqual([
    '{"statement":1,"sql":"select n","ok":true,"columns":[{"name":"n","type":"BIGINT"}],' +
      '"rows":[["42"],[null]],"row_count":2,"elapsed_ms":0,"job_id":"j0123456789abcdef",' +
      '"mode":"distributed","stages":3}',
  ])
})

test('a statement without rows has neither columns nor job', async () => {
  const [line = ''] = await report('set a = 1', {})
  expect(JSON.parse(line)).toEqual({
    statement: 1, sql: 'set a = 1', ok: true, columns: [], rows: [],
    row_count: 0, elapsed_ms: 0, job_id: null, mode: null, stages: 0,
  })
})

test('a failure tells code, category, message and position, and ends the report', async () => {
  const lines = await report('-- one\nselect x; select 2', { 'select x': { error: broken } }, 1)
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      statement: 1, sql: 'select x', ok: false,
      error: { code: 'UNKNOWN_COLUMN', category: 'user', message: 'no column "x"', position: 7 },
      elapsed_ms: 0, job_id: null,
    },
  ])
})

test('with --keep-going the statements after a failure run, and it still counts', async () => {
  const lines = await report('select x; select 2', { 'select x': { error: broken } }, 1, true)
  expect(lines.map((line) => (JSON.parse(line) as { ok: boolean }).ok)).toEqual([false, true])
})

test('rows that are lost on the way make a failure, not half a line', async () => {
  const lost = queryError('RESULT_LOST', { jobId: 'j', reason: 'gone' })
  const session = fakeSession()
  const around = fakeSurroundings({
    ...session,
    execute: async (sql, options) => ({
      ...(await session.execute(sql, options)),
      async *textRows() {
        throw lost
      },
    }),
  })
  expect(await runSql(sqlOptions({ report: true, sources: [{ kind: 'text', text: 'q' }] }), around)).toBe(1)
  expect(JSON.parse(around.out())).toMatchObject({ ok: false, error: { code: 'RESULT_LOST' } })
})

async function report(
  text: string,
  answers: Readonly<Record<string, FakeAnswer>>,
  status = 0,
  keepGoing = false,
): Promise<readonly string[]> {
  const around = fakeSurroundings(fakeSession(answers))
  const options = sqlOptions({ report: true, keepGoing, sources: [{ kind: 'text', text }] })
  expect(await runSql(options, around)).toBe(status)
  expect(around.err()).toBe('')
  return around.out().trimEnd().split('\n')
}
