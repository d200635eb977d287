import { Table, Utf8, vectorFromArray } from 'apache-arrow'
import { afterEach, describe, expect, test } from 'vitest'
import { QueryError, queryError } from '@arbalest/common'
import { openGuardedListener } from '@arbalest/protocol'
import { SessionContext } from './session-context.js'
import {
  closeFronts,
  column,
  fakeFront,
  inline,
  jobId,
  numbers,
  progress,
  session,
  sessionId,
} from './testing/scripted-front.js'

afterEach(closeFronts)

/** Loaded machines are slow. */
const patient = { timeout: 20_000 }

describe('a session', () => {
  test('opens with its settings and closes', async () => {
    const { context, seen } = await session({ answer: () => ({}) })
    expect(seen.settings).toEqual({ 'arbalest.distribute': 'never' })
    await context.close()
    expect(seen.closed).toEqual([sessionId])
  })

  test('needs an address that answers, and the token', async () => {
    await expect(SessionContext.remote('http://x')).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    })
    const { url } = await fakeFront({ answer: () => ({}) }, ['secret'])
    await expect(SessionContext.remote(url)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await (await SessionContext.remote(url, { token: 'secret' })).close()
    const listener = await openGuardedListener({ host: '127.0.0.1', port: 0 }, () => undefined)
    await listener.close()
    await expect(SessionContext.remote(`df://127.0.0.1:${listener.port}`)).rejects.toMatchObject({
      code: 'SCHEDULER_UNREACHABLE',
      category: 'transient',
    })
  })

  test('runs commands at once and queries when their rows are asked for', async () => {
    const { context, seen } = await session({
      answer: () => ({ columns: column, rowCount: 2, data: inline(numbers(0, 2)) }),
    })
    const texts = () => seen.requests.map(({ sql }) => sql)
    await context.sql('CREATE VIEW v AS SELECT 1;')
    expect(texts()).toEqual(['CREATE VIEW v AS SELECT 1'])
    const frame = await context.sql('SELECT 1')
    expect(texts()).toHaveLength(1)
    await frame.collect()
    await frame.collect()
    expect(texts()).toEqual(['CREATE VIEW v AS SELECT 1', 'SELECT 1', 'SELECT 1'])
    expect(seen.requests[0]).toMatchObject({ sessionId })
    await expect(context.sql(' ; ')).rejects.toMatchObject({ code: 'STATEMENT_EMPTY' })
    await expect(context.sql('SELECT 1; SELECT 2')).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      position: 10,
    })
  })

  test('registers, sets and lists by statements', async () => {
    const names = new Table({
      table_schema: vectorFromArray(['main'], new Utf8()),
      table_name: vectorFromArray(['t'], new Utf8()),
    })
    const columns = [
      { name: 'table_schema', type: 'VARCHAR' },
      { name: 'table_name', type: 'VARCHAR' },
    ]
    const { context, seen } = await session({
      answer: ({ sql }) => (sql === 'SHOW TABLES' ? { columns, data: inline(names) } : {}),
    })
    await context.registerParquet('t', 'x.parquet')
    await context.set('arbalest.job_name', "it's")
    expect(await context.tables()).toEqual(['t'])
    expect(context.table('a "b"').sql).toBe('SELECT * FROM "a ""b"""')
    await expect(context.set('x = 1; --', 1)).rejects.toMatchObject({ code: 'UNKNOWN_SETTING' })
    expect(seen.requests.map(({ sql }) => sql)).toEqual([
      `CREATE EXTERNAL TABLE "t" STORED AS PARQUET LOCATION 'x.parquet'`,
      `SET arbalest.job_name = 'it''s'`,
      'SHOW TABLES',
    ])
  })
})

describe('errors', () => {
  test('keep code, category, position and job', async () => {
    const { context } = await session({
      answer: () =>
        Promise.reject(queryError('UNKNOWN_COLUMN', { reason: 'no column x' }, { position: 7 })),
    })
    const error: unknown = await (
      await context.sql('SELECT x')
    )
      .collect()
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(QueryError)
    expect(error).toMatchObject({
      code: 'UNKNOWN_COLUMN',
      category: 'user',
      position: 7,
      jobId,
      message: 'no column x',
    })
    await expect(context.cancelJob(jobId)).rejects.toMatchObject({ code: 'UNKNOWN_JOB' })
    expect((await context.jobStatus(jobId)).progress).toEqual(progress)
  })

  test('aborting cancels the job', async () => {
    const { context, seen } = await session({ answer: () => 'hang' })
    const controller = new AbortController()
    const running = context.execute('SELECT 1', {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    })
    await expect(running).rejects.toMatchObject({
      code: 'JOB_CANCELLED',
      jobId,
      cause: new Error('enough'),
    })
    await expect.poll(() => seen.cancelled, patient).toBe(1)
    await expect(
      (await context.sql('SELECT 1')).count({ signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
  })

  test('a front that goes away ends what runs there, and a closed session runs nothing', async () => {
    const { context } = await session({ answer: () => 'hang' })
    const running = context.execute('SELECT 1', { onProgress: () => void closeFronts() })
    await expect(running).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', jobId })
    await expect(context.execute('SELECT 1')).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  })
})
