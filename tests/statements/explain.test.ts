import type { JobId } from '@arbalest/common'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
  await lab.copy('SELECT i, i % 7 AS k FROM range(200000) r(i)', 'rows/a.parquet')
  await lab.copy('SELECT i, i % 7 AS k FROM range(200000) r(i)', 'rows/b.parquet')
  await lab.run("CREATE EXTERNAL TABLE rows STORED AS PARQUET LOCATION 'rows'")
})
afterAll(() => lab?.close())

const sql = 'SELECT k, sum(i) AS total FROM rows WHERE i > 10 GROUP BY k ORDER BY k'
const lines = async (text: string) => (await lab.rows(text)).map(([line]) => line ?? '')

interface Explained {
  readonly mode: string
  readonly modeReason: string
  readonly logicalPlan: readonly string[] | null
  readonly stages: readonly {
    readonly stage: number
    readonly key: string
    readonly sql: string
    readonly inputs: readonly Readonly<Record<string, unknown>>[]
    readonly output: { readonly kind: string; readonly partitions?: number }
    readonly columns: readonly { readonly name: string; readonly type: string }[]
    readonly tasks: number
    readonly estimatedRows: number
    readonly measured?: Readonly<Record<string, number>>
  }[]
  readonly decisions: readonly { readonly about: string; readonly choice: string; readonly facts: string }[]
  readonly decisionsAreOpen: boolean
  readonly run?: { readonly jobId: string; readonly rows: number; readonly elapsedMs: number }
}
const json = async (text: string): Promise<Explained> => {
  const { columns, rows } = await lab.run(text)
  expect(columns).toEqual([{ name: 'plan', type: 'VARCHAR' }])
  expect(rows).toHaveLength(1)
  return JSON.parse(rows[0]?.[0] ?? '') as Explained
}

describe('as text', () => {
  test('mode and stages on estimates, without running', async () => {
    const jobs = (await lab.cluster.service.jobs()).length
    const plan = await lines(`EXPLAIN ${sql}`)
    expect(plan[0]).toMatch(/^distributed: /)
    expect(plan.filter((line) => line.startsWith('stage '))).not.toHaveLength(0)
    expect(plan.join('\n')).not.toContain('SELECT')
    expect((await lab.cluster.service.jobs()).length).toBe(jobs)
  })
  test('VERBOSE begins with the logical plan and has the SQL of the stages', async () => {
    const plan = await lines(`EXPLAIN VERBOSE ${sql}`)
    expect(plan[0]).toBe('logical plan:')
    const first = plan.findIndex((line) => line.startsWith('distributed: '))
    expect(plan.slice(1, first).join('\n')).toMatch(/aggregate/i)
    expect(plan.slice(first).join('\n')).toContain('SELECT')
  })
  test('ANALYZE runs and tells what was measured; its result is not kept', async () => {
    const answer = await lab.run(`EXPLAIN ANALYZE ${sql}`)
    const text = answer.rows.map(([line]) => line).join('\n')
    expect(text).toMatch(/CPU \d+ ms/)
    expect(text).toMatch(/job \S+ · 7 rows · \d+ ms$/)
    expect(answer.mode).toBe('distributed')
    expect((await lab.cluster.service.details(answer.jobId as JobId)).status.result?.parts).toEqual([])
  })
})

describe('as JSON', () => {
  test('the plan on estimates', async () => {
    const plan = await json(`EXPLAIN (FORMAT JSON) ${sql}`)
    expect(plan).toMatchObject({ mode: 'distributed', decisionsAreOpen: true })
    expect(plan.modeReason).not.toBe('')
    expect(plan.logicalPlan?.join('\n')).toMatch(/scan/i)
    expect(plan.run).toBeUndefined()
    const [first] = plan.stages
    expect(first).toMatchObject({
      stage: 1,
      sql: expect.stringContaining('SELECT') as string,
      inputs: [{ kind: 'scan', table: 'rows', format: 'parquet', files: 2, mode: 'split' }],
    })
    expect(new Set(plan.stages.map((stage) => stage.key)).size).toBe(plan.stages.length)
    const last = plan.stages.at(-1)
    expect(last?.output).toEqual({ kind: 'result' })
    expect(last?.columns.map(({ name, type }) => `${name} ${type}`)).toEqual(['k BIGINT', 'total HUGEINT'])
    for (const stage of plan.stages.slice(1)) {
      expect(stage.inputs).toEqual([expect.objectContaining({ kind: 'shuffle', stage: expect.any(Number) as number })])
      expect(stage.measured).toBeUndefined()
    }
  })
  test('with ANALYZE rows, bytes and times', async () => {
    const plan = await json(`EXPLAIN ANALYZE FORMAT JSON ${sql}`)
    expect(plan.decisionsAreOpen).toBe(false)
    expect(plan.run).toMatchObject({ rows: 7, jobId: expect.any(String) as string })
    expect(plan.run?.elapsedMs).toBeGreaterThan(0)
    for (const { measured } of plan.stages) {
      expect(measured?.['rows']).toBeGreaterThan(0)
      expect(measured?.['bytes']).toBeGreaterThan(0)
      expect(measured?.['elapsedMs']).toBeGreaterThanOrEqual(0)
      expect(measured?.['attempts']).toBeGreaterThanOrEqual(1)
    }
  })
  test('of a whole query', async () => {
    const session = await lab.cluster.session({ 'arbalest.distribute': 'never' })
    const [[text]] = await lab.rows(`EXPLAIN (FORMAT JSON, VERBOSE) ${sql}`, session) as [[string]]
    const plan = JSON.parse(text) as Explained
    expect(plan).toMatchObject({ mode: 'whole' })
    expect(plan.stages).toHaveLength(1)
    expect(plan.stages[0]?.inputs).toEqual([expect.objectContaining({ kind: 'scan', mode: 'all' })])
  })
})
