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
    const others = `SELECT g, count(*) FROM numbers WHERE n NOT IN (${terms.join(', ')}) GROUP BY g`
    expect(await lab.rows(others)).toHaveLength(7)
  })

  test.each([
    ['parentheses', `SELECT ${nested('(', 'n', ')')} FROM numbers WHERE n = 5`, '5'],
    ['operators', `SELECT n${nested(' + 1')} FROM numbers WHERE n = 5`, '1005'],
    ['conditions', `SELECT max(n) FROM numbers WHERE n = 5${nested(' OR n = 99')}`, '99'],
    ['functions', `SELECT ${nested('abs(', 'n', ')')} FROM numbers WHERE n = 5`, '5'],
    ['queries', `SELECT n FROM ${nested('(SELECT n FROM ', 'numbers', ')')} WHERE n = 5`, '5'],
    ['unions', `SELECT count(*) FROM (SELECT 1${nested(' UNION ALL SELECT 1')})`, '1001'],
    ['lists', `SELECT len(${nested('[', 'n', ']')}) FROM numbers WHERE n = 5`, '1'],
  ])('1,000 %s in each other', async (_, sql, expected) => {
    await expectAnswerOrCode(sql, expected)
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

function nested(open: string, inner = '', close = ''): string {
  return open.repeat(1_000) + inner + close.repeat(1_000)
}

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
