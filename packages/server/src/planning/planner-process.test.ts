import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { defaultSettings, parseDataType, type QueryError } from '@arbalest/common'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PlannedTable, QueryReferences } from './planner.js'
import { startPlannerProcess, type PlannerProcess, type PlannerProcessOptions } from './planner-process.js'

const fakeChild = fileURLToPath(new URL('testing/fake-planner-child.js', import.meta.url))
const builtChild = fileURLToPath(new URL('../../dist/planning/planner-child.js', import.meta.url))
const name = (text: string) => ({ schema: 'main', name: text })
const table = (text: string): PlannedTable => ({
  name: name(text),
  version: '1',
  source: {
    table: text,
    reader: { format: 'parquet', options: {}, partitionColumns: [] },
    columns: [{ name: 'a', type: parseDataType('INTEGER') }],
    files: [{ path: `/data/${text}`, sizeBytes: 1, mtimeNs: '1', footerHash: '', rows: 10, rowGroupRows: [10] }],
    rows: 10,
    statistics: {},
  },
})

let planner: PlannerProcess
const started: PlannerProcess[] = []
const start = (options: PlannerProcessOptions): PlannerProcess => {
  const process = startPlannerProcess(options)
  started.push(process)
  return process
}
afterEach(async () => {
  for (const process of started.splice(0)) await process.close()
})

describe('the child', () => {
  beforeEach(() => {
    planner = start({ childPath: fakeChild, timeoutMs: 60_000 })
  })
  /** Not references at all: the child gives back what the text asks for. */
  const ask = (text: string): Promise<QueryReferences | readonly string[] | string> => planner.references(text)

  test('answers, and its errors keep code and place', async () => {
    expect(await ask('hello')).toBe('hello')
    await expect(ask('fail')).rejects.toMatchObject({ code: 'SYNTAX_ERROR', position: 4 })
    expect(planner.isUp()).toBe(true)
  })

  test('killed in the middle of a statement: that one fails, those that wait go on', async () => {
    await ask('ready')
    const first = planner.pid()
    const fails = expect(ask('hang')).rejects.toMatchObject({ code: 'PLANNER_CRASHED', retry: 'retry' })
    const waits = [ask('one'), ask('two')]
    process.kill(first ?? 0, 'SIGKILL')
    await fails
    expect(await Promise.all(waits)).toEqual(['one', 'two'])
    expect(planner.pid()).not.toBe(first)
  })

  test('killed while idle: there is another one at once, without a statement asking', async () => {
    await ask('ready')
    const first = planner.pid()
    process.kill(first ?? 0, 'SIGKILL')
    await expect.poll(() => planner.pid() !== first && planner.isUp()).toBe(true)
    expect(await ask('next')).toBe('next')
  })

  test('comes back with tables, then views in the order of their making', async () => {
    for (const text of ['t1', 't2', 't3']) await planner.putTable(table(text))
    for (const text of ['v1', 'v2', 'v3']) await planner.putView(name(text), undefined, 'SELECT 1')
    await planner.putView(name('V1'), undefined, 'SELECT 2')
    await planner.dropTable(name('t2'))
    await planner.dropView(name('v2'))
    await expect(ask('crash')).rejects.toMatchObject({ code: 'PLANNER_CRASHED', message: /exit code 3/ })
    expect(await ask('taught')).toEqual(['table t1', 'table t3', 'view v3', 'view V1'])
  })

  test('a statement that takes too long is stopped, and the next works', async () => {
    await planner.close()
    planner = start({ childPath: fakeChild, timeoutMs: 1_000 })
    await expect(ask('hang')).rejects.toMatchObject({ code: 'STATEMENT_TOO_COMPLEX' })
    expect(await ask('next')).toBe('next')
  })

  test('many crashes leave no listeners and no calls behind', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    try {
      for (let n = 0; n < 12; n++) {
        await expect(ask('crash')).rejects.toMatchObject({ code: 'PLANNER_CRASHED' })
        expect(await ask('next')).toBe('next')
      }
      expect(warnings).toEqual([])
    } finally {
      process.off('warning', onWarning)
    }
  })

  test('closing answers all that is pending, and later calls', async () => {
    await ask('ready')
    const pid = planner.pid()
    const pending = [ask('hang'), ask('one'), ask('two')].map((call) =>
      expect(call).rejects.toMatchObject({ code: 'PLANNER_CRASHED', message: /stopping/ }))
    await planner.close()
    await Promise.all(pending)
    await expect(ask('late')).rejects.toMatchObject({ code: 'PLANNER_CRASHED' })
    expect(planner.isUp()).toBe(false)
    expect(() => process.kill(pid ?? 0, 0)).toThrow()
  })

  test('does not see our variables', async () => {
    process.env['ARBALEST_TOKEN'] = 'secret'
    try {
      const other = start({ childPath: fakeChild })
      expect(await other.references('names')).toEqual([])
    } finally {
      delete process.env['ARBALEST_TOKEN']
    }
  })
})

test('a child that never comes up fails who waits, and is tried again for the next', async () => {
  const broken = start({ childPath: '/nowhere/planner-child.js' })
  for (let n = 0; n < 3; n++) {
    await expect(broken.references('x')).rejects.toMatchObject({ code: 'PLANNER_CRASHED' })
  }
  await expect.poll(() => broken.isUp()).toBe(false)
})

test('the child ends when its parent is killed', async () => {
  const script = `
    import { spawn } from 'node:child_process'
    import { serialize } from 'node:v8'
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc']
    const child = spawn(process.execPath, [${JSON.stringify(fakeChild)}], { stdio, serialization: 'advanced' })
    child.on('message', () => console.log(child.pid))
    child.send({ bytes: serialize({ id: 1, method: 'references', args: ['ready'] }), more: false })`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [text] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(text.toString().trim())
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe.runIf(existsSync(builtChild))('the child with DuckDB in it', () => {
  const prepare = (sql: string) =>
    planner.prepare({ sql, files: [], settings: defaultSettings, textResult: false, cluster: undefined })

  test('learns 100 tables and 20 views again after it was killed', async () => {
    planner = start({})
    for (let n = 0; n < 100; n++) await planner.putTable(table(`t${n}`))
    for (let n = 0; n < 20; n++) {
      await planner.putView(name(`v${n}`), ['b'], n === 0 ? 'SELECT a FROM t0' : `SELECT b + 1 FROM v${n - 1}`)
    }
    const first = planner.pid()
    const killedMs = performance.now()
    process.kill(first ?? 0, 'SIGKILL')
    await expect.poll(() => planner.pid() !== first && planner.isUp(), { interval: 5 }).toBe(true)
    expect((await prepare('SELECT v19.b FROM v19 JOIN t99 ON t99.a = v19.b')).columns).toHaveLength(1)
    expect(performance.now() - killedMs).toBeLessThan(10_000)
  })

  test.runIf(process.platform === 'linux')('constants cannot take more memory than the limit', async () => {
    const limit = 768 * 1024 ** 2
    planner = start({ memoryBytesMax: limit, timeoutMs: 20_000 })
    await prepare('SELECT 1')
    const pid = planner.pid()
    for (const sql of ['SELECT len(range(1000000000))', "SELECT length(repeat(repeat('x', 100), 30000000))"]) {
      // DuckDB may leave the constant to the executor, give up, or die.
      const end = await prepare(sql).then(() => 'planned', (error: QueryError) => error.code)
      expect(['planned', 'OUT_OF_MEMORY', 'PLANNER_CRASHED', 'STATEMENT_TOO_COMPLEX']).toContain(end)
      if (planner.pid() === pid) {
        const status = await readFile(`/proc/${pid}/status`, 'utf8')
        expect(Number(/VmData:\s+(\d+)/.exec(status)?.[1]) * 1024).toBeLessThanOrEqual(limit)
      }
    }
    expect((await prepare('SELECT 2 AS two')).columns.map((column) => column.name)).toEqual(['two'])
  })
})
