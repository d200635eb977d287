import { queryError, type QueryError } from '@arbalest/common'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { runSql } from './run-sql.js'
import { fakeJobId, fakeSession, runningProgress } from './testing/fake-session.js'
import { fakeSurroundings, sqlOptions } from './testing/fake-surroundings.js'

const one = { columns: ['n INTEGER'], rows: [['1']] }

test('texts, files and standard input are run in order', async () => {
  const file = join(tempDir(), 'a.sql')
  writeFileSync(file, '\ufeffselect 2; -- two\n')
  const session = fakeSession()
  const sources = [{ kind: 'text', text: 'select 1' }, { kind: 'file', path: file }] as const
  expect(await runSql(sqlOptions({ sources }), fakeSurroundings(session))).toBe(0)
  expect(session.executed).toEqual(['select 1', 'select 2'])
  expect(session.closed).toBe(true)

  const piped = fakeSession()
  expect(await runSql(sqlOptions(), fakeSurroundings(piped, { stdin: "select ';'; select 4" }))).toBe(0)
  expect(piped.executed).toEqual(["select ';'", 'select 4'])
})

test('a statement without rows says ok, but not when quiet or in other formats', async () => {
  const outputs = [{}, { quiet: true }, { format: 'csv' }] as const
  const texts = outputs.map(async (options) => {
    const around = fakeSurroundings(fakeSession())
    await runSql(sqlOptions({ ...options, sources: [{ kind: 'text', text: 'set a = 1' }] }), around)
    return around.out()
  })
  expect(await Promise.all(texts)).toEqual(['ok\n', '', ''])
})

test('a plan is printed as its lines, without a box', async () => {
  const plan = { columns: ['plan VARCHAR'], rows: [['whole: there is one executor'], ['stage 1: the answer']] }
  const around = fakeSurroundings(fakeSession({ 'explain select 1': plan }))
  await runSql(sqlOptions({ quiet: true, sources: [{ kind: 'text', text: 'explain select 1' }] }), around)
  expect(around.out()).toBe('whole: there is one executor\nstage 1: the answer\n')
})

test('an error shows code, line, caret, mend and job on standard error, and ends the run', async () => {
  const sql = "select '😀',\n  nope from t"
  const error = queryError('UNKNOWN_COLUMN', { reason: 'no column nope' }, { position: 15, jobId: fakeJobId })
  const session = fakeSession({ [sql]: { error } })
  const around = fakeSurroundings(session)
  expect(await runSql(sqlOptions({ sources: [{ kind: 'text', text: `${sql}; select 2` }] }), around)).toBe(1)
  expect(around.out()).toBe('')
  expect(around.err()).toBe(`error[UNKNOWN_COLUMN] no column nope
    nope from t
    ^
  Check the names with DESCRIBE.
  job ${fakeJobId}
`)
  expect(session.executed).toEqual([sql])
})

test('Ctrl-C cancels the running job and ends with 130', async () => {
  const session = fakeSession({ slow: { hangs: true, progress: runningProgress } })
  const around = fakeSurroundings(session)
  const sources = [{ kind: 'text', text: 'slow; select 2' }, { kind: 'text', text: 'select 3' }] as const
  const status = runSql(sqlOptions({ sources, keepGoing: true }), around)
  await session.hanging
  around.interrupt()
  around.interrupt()
  expect(await status).toBe(130)
  expect(around.exited).toEqual([130])
  expect(session.cancelled).toEqual([fakeJobId])
  expect(session.executed).toEqual(['slow'])
  expect(around.err()).toContain(`error[JOB_CANCELLED] job ${fakeJobId} was cancelled: interrupted`)
})

test('a reader that goes away ends the run quietly', async () => {
  const rows = Array.from({ length: 100_000 }, (_, index) => [`row ${index}`])
  const session = fakeSession({ big: { columns: ['t VARCHAR'], rows } })
  const stdout = new PassThrough()
  const around = fakeSurroundings(session, { stdout })
  stdout.once('data', () => stdout.destroy(Object.assign(new Error('closed'), { code: 'EPIPE' })))
  const sources = [{ kind: 'text', text: 'big; select 2' }] as const
  expect(await runSql(sqlOptions({ sources, format: 'csv' }), around)).toBe(0)
  expect(session.rowsRead).toBeLessThan(rows.length)
  expect(session.executed).toEqual(['big'])
  expect(around.err()).toBe('')
})

test('rows go to a file', async () => {
  const output = join(tempDir(), 'rows.csv')
  const around = fakeSurroundings(fakeSession({ q: one }))
  const sources = [{ kind: 'text', text: 'q' }] as const
  expect(await runSql(sqlOptions({ sources, format: 'csv', output }), around)).toBe(0)
  expect(readFileSync(output, 'utf8')).toBe('n\n1\n')
  expect(around.out()).toBe('')
})

test('files and formats that will not do are refused before anything runs', async () => {
  const session = fakeSession()
  const missing = join(tempDir(), 'none', 'a')
  const wrong = [
    sqlOptions({ sources: [{ kind: 'file', path: missing }] }),
    sqlOptions({ sources: [{ kind: 'text', text: 'q' }], output: missing }),
    sqlOptions({ sources: [{ kind: 'text', text: 'q' }], format: 'parquet' }),
    sqlOptions({ sources: [{ kind: 'text', text: 'q' }], format: 'arrow' }),
  ]
  const codes = wrong.map((options) =>
    runSql(options, fakeSurroundings(session, { terminal: true })).catch((error: QueryError) => error.code),
  )
  expect(await Promise.all(codes)).toEqual([
    'INVALID_OPTION', 'INVALID_OPTION', 'NOT_IN_THIS_VERSION', 'INVALID_OPTION',
  ])
  expect(session.executed).toEqual([])
})

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'arbalest-sql-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  return dir
}
