import { Table, Utf8, tableToIPC, vectorFromArray } from 'apache-arrow'
import { afterEach, describe, expect, test } from 'vitest'
import type { StatementResult } from '@arbalest/protocol'
import {
  closeFronts,
  column,
  inline,
  jobId,
  numbers,
  session,
  ticket,
} from './testing/scripted-front.js'

afterEach(closeFronts)

/** Loaded machines are slow. */
const patient = { timeout: 20_000 }

describe('rows', () => {
  const large = 400
  async function* manyBatches(): AsyncGenerator<Uint8Array> {
    const batches = Array.from(
      { length: large },
      (_, batch) => numbers(batch * 20_000, 20_000).batches,
    ).flat()
    yield tableToIPC(new Table(batches), 'stream')
  }

  test('stream with bounded memory: who reads slowly is not overrun, who leaves ends it', async () => {
    const { context, seen } = await session({
      answer: () => ({ columns: column, rowCount: large * 20_000, data: ticket }),
      rows: manyBatches,
    })
    const frame = await context.sql('SELECT n FROM large')
    let rows = 0
    for await (const batch of frame.stream()) {
      expect(batch.getChildAt(0)!.get(0)).toBe(rows)
      rows += batch.numRows
      if (rows === 60_000) break
    }
    await expect.poll(() => seen.closed, patient).toContain('doGet')
    expect(seen.messages).toBeLessThan(large)
    const controller = new AbortController()
    const reading = (async () => {
      for await (const _ of frame.stream({ signal: controller.signal })) controller.abort()
    })()
    await expect(reading).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
  })

  test('come as an Arrow table, also without any', async () => {
    const { context } = await session({
      answer: ({ sql }) =>
        sql.startsWith('DROP')
          ? {}
          : {
              columns: column,
              rowCount: 3,
              data: sql.endsWith('FROM t') ? ticket : inline(numbers(0, 0)),
            },
      rows: async function* () {
        yield Buffer.from(tableToIPC(numbers(0, 3), 'stream'))
      },
    })
    const table = await (await context.sql('SELECT n FROM t')).toArrow()
    expect(table.getChild('n')!.toJSON()).toEqual([0, 1, 2])
    const none = await (await context.sql('SELECT n FROM u')).toArrow()
    expect([none.numRows, none.schema.fields.map(({ name }) => name)]).toEqual([0, ['n']])
    expect((await (await context.sql('DROP TABLE t')).toArrow()).numRows).toBe(0)
  })

  test('are counted, shown, described and explained', async () => {
    const text = (name: string, ...values: (string | null)[]): Partial<StatementResult> => ({
      columns: [{ name, type: 'BIGINT' }],
      rowCount: values.length,
      data: inline(new Table({ [name]: vectorFromArray(values, new Utf8()) })),
    })
    const described = new Table({
      column_name: vectorFromArray(['n'], new Utf8()),
      column_type: vectorFromArray(['HUGEINT'], new Utf8()),
    })
    const { context, seen } = await session({
      answer: ({ sql }) => {
        if (sql.startsWith('SELECT count')) return text('n', '42')
        if (sql.startsWith('EXPLAIN')) return text('plan', 'stage 1', 'stage 2')
        if (sql.startsWith('DESCRIBE'))
          return {
            columns: [
              { name: 'column_name', type: 'VARCHAR' },
              { name: 'column_type', type: 'VARCHAR' },
            ],
            data: inline(described),
          }
        return text('x', '1', null, '3')
      },
    })
    const frame = await context.sql('SELECT x')
    expect(await frame.count()).toBe(42)
    expect(await frame.schema()).toEqual([{ name: 'n', type: 'HUGEINT' }])
    expect(await frame.explain({ analyze: true, verbose: true })).toBe('stage 1\nstage 2')
    let shown = ''
    await frame.show(2, { write: (line) => (shown += line) })
    expect(shown).toMatch(/│ {6}1 │\n│ {3}NULL │\n└─+┘\n3 rows \(2 shown\)$/)
    expect(await frame.collectText()).toMatchObject({
      rows: [['1'], [null], ['3']],
      mode: 'whole',
      stages: 1,
      jobId,
    })
    expect(seen.requests.map(({ sql, textResult }) => [sql, textResult])).toEqual([
      ['SELECT count(*) AS n FROM (SELECT x\n) AS counted', true],
      ['DESCRIBE SELECT x', true],
      ['EXPLAIN ANALYZE VERBOSE SELECT x', true],
      ['SELECT x', true],
      ['SELECT x', true],
    ])
  })
})
