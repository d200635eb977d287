/** Statements that are very long, very deep or have very many parts: a right answer or a coded error. */
import { limits } from '@arbalest/common'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from '../statements/statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
  await lab.copy('SELECT i AS n, i % 7 AS g FROM range(50000) r(i)', 'numbers.parquet')
  await lab.run("CREATE EXTERNAL TABLE numbers STORED AS PARQUET LOCATION 'numbers.parquet'")
})
afterAll(() => lab?.close())

describe.each(['always', 'never'])('under %s', (mode) => {
  beforeAll(() => lab.run(`SET arbalest.distribute = ${mode}`).then(() => undefined))

  test('IN with 10,000 terms', async () => {
    const terms = Array.from({ length: 10_000 }, (_, n) => n * 3)
    expect(await lab.rows(`SELECT count(*), sum(n) FROM numbers WHERE n IN (${terms.join(', ')})`))
      .toEqual([['10000', String(terms.reduce((sum, n) => sum + n))]])
    expect(await lab.rows(`SELECT g, count(*) FROM numbers WHERE n NOT IN (${terms.join(', ')}) GROUP BY g ORDER BY g`))
      .toHaveLength(7)
  })

  test.each([
    ['parentheses', (depth: number) => `SELECT ${'('.repeat(depth)}n${')'.repeat(depth)} FROM numbers WHERE n = 5`, '5'],
    ['operators', (depth: number) => `SELECT n${' + 1'.repeat(depth)} FROM numbers WHERE n = 5`, '1005'],
    ['conditions', (depth: number) => `SELECT max(n) FROM numbers WHERE n = 5${Array.from({ length: depth }, (_, n) => ` OR n = ${n % 100}`).join('')}`, '99'],
    ['functions', (depth: number) => `SELECT ${'abs('.repeat(depth)}n${')'.repeat(depth)} FROM numbers WHERE n = 5`, '5'],
    ['queries', (depth: number) => `SELECT n FROM ${'(SELECT n FROM '.repeat(depth)}numbers${')'.repeat(depth)} WHERE n = 5`, '5'],
    ['unions', (depth: number) => `SELECT count(*) FROM (SELECT 1${' UNION ALL SELECT 1'.repeat(depth)})`, '1001'],
    ['lists', (depth: number) => `SELECT len(${'['.repeat(depth)}n${']'.repeat(depth)}) FROM numbers WHERE n = 5`, '1'],
  ])('1,000 %s in each other', async (_, sql, expected) => {
    await expectAnswerOrCode(sql(1_000), expected)
  })

  test('100,000 parentheses are refused, not fatal', async () => {
    const depth = 100_000
    await expectAnswerOrCode(`SELECT ${'('.repeat(depth)}1${')'.repeat(depth)} FROM numbers LIMIT 1`, '1')
  })

  test('10 MB of SQL', async () => {
    const text = 'x'.repeat(10 * 1024 * 1024)
    await expectAnswerOrCode(`SELECT length('${text}') FROM numbers WHERE n = 5`, String(text.length))
    const comment = `/* ${text} */`
    expect(await lab.rows(`SELECT n ${comment} FROM numbers WHERE n = 5`)).toEqual([['5']])
  })
})

test('a statement has at most so many bytes', async () => {
  const fitting = (bytes: number) => `SELECT 42 /*${' '.repeat(bytes - 'SELECT 42 /**/'.length)}*/`
  expect(await lab.rows(fitting(limits.statementBytesMax))).toEqual([['42']])
  expect(await lab.failure(fitting(limits.statementBytesMax + 1))).toMatchObject({ code: 'STATEMENT_TOO_LONG' })
})

test('the cluster still answers, and nothing runs', async () => {
  expect(await lab.rows('SELECT count(*) FROM numbers')).toEqual([['50000']])
  const executors = await lab.cluster.service.executors()
  expect(executors.map(({ runningAttempts }) => runningAttempts)).toEqual([0, 0])
})

/** The first value, or an error that is no bug of ours. */
async function expectAnswerOrCode(sql: string, expected: string): Promise<void> {
  try {
    expect((await lab.rows(sql))[0]?.[0]).toBe(expected)
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    expect(error.code).not.toBe('INTERNAL')
    expect(error).toMatchObject({ category: expect.stringMatching(/^(user|resource)$/) as unknown })
  }
}
