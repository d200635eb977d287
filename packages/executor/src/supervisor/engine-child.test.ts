import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Column } from '@arbalest/common'
import type { AttemptUpdate } from '@arbalest/protocol'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { idOf, jobA, piecesOf, shuffleInput, specOf } from '../testing/builders.js'
import { TestCluster, type Member } from '../testing/test-cluster.js'
import { createEngineProcess, type EngineProcess } from './engine-process.js'
import { processStart, processUsage } from './process-usage.js'

/** These need the built child, which `npm test` makes before it runs them. */
const built = fileURLToPath(new URL('../../dist/index.js', import.meta.url))
const endless = 'SELECT sum(a.range * b.range) AS s FROM range(10000000) a, range(10000000) b'

describe.skipIf(!existsSync(built))('the built engine child', () => {
  let cluster: TestCluster
  let member: Member
  let engine: EngineProcess
  beforeEach(async () => {
    cluster = new TestCluster()
    const workDir = await cluster.directory()
    const options = { threads: 1, memoryLimitBytes: 512 * 1024 ** 2, workDir, dataDirs: [], slots: 2 }
    engine = createEngineProcess(options)
    member = await cluster.add({ ...options, engine })
  })
  afterEach(() => cluster.close())

  test('runs SQL over shuffle files and says what machine it is', async () => {
    expect(member.scheduler.registrations[0]?.engineFingerprint).toMatch(/^duckdb-/)
    const made = await member.run(specOf(idOf(jobA, 1), 'SELECT 42 AS x'))
    if (made.kind !== 'succeeded') throw new Error(JSON.stringify(made))
    const columns: readonly Column[] = [{ name: 'x', type: { kind: 'simple', name: 'INTEGER' } }]
    const pieces = piecesOf(member.executor, made.attemptId, made.report)
    const inputs = [{ ...shuffleInput(pieces), columns }]
    const read = await member.run(specOf(idOf(jobA, 2), 'SELECT x + 1 AS y FROM input_0', { inputs }))
    expect(read).toMatchObject({ kind: 'succeeded', report: { rows: 1 } })
  })

  test('gives errors their codes', async () => {
    const ended = await member.run(specOf(idOf(jobA, 1), "SELECT 'x'::INTEGER AS y"))
    expect(ended).toMatchObject({ kind: 'failed', error: { code: 'EXECUTION_ERROR' } })
  })

  test('stops a cancelled attempt and goes on', async () => {
    const { pid } = engine
    const ended = member.run(specOf(idOf(jobA, 1), endless))
    await member.scheduler.until(({ updates }) => updates.find(running))
    member.scheduler.send({ kind: 'cancel', attemptIds: [idOf(jobA, 1)] })
    expect(await ended).toMatchObject({ kind: 'cancelled' })
    expect(await member.run(specOf(idOf(jobA, 2), 'SELECT 1 AS x'))).toMatchObject({ kind: 'succeeded' })
    expect(engine.pid).toBe(pid)
  })

  test('that is killed loses its attempts; the next one runs the next', async () => {
    const ended = member.run(specOf(idOf(jobA, 1), endless))
    const { pid } = engine
    await untilBusy(pid!)
    process.kill(pid!, 'SIGKILL')
    expect(await ended).toMatchObject({ kind: 'failed', error: { code: 'ENGINE_CRASHED' } })
    expect(await member.run(specOf(idOf(jobA, 2), 'SELECT 1 AS x'))).toMatchObject({ kind: 'succeeded' })
    expect(engine.pid).not.toBe(pid)
  })

  test('ends with its supervisor, in the middle of a query', async () => {
    const workDir = await cluster.directory()
    const parent = spawn(process.execPath, ['--input-type=module', '-e', parentProgram(workDir)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const childPid = Number(String(line))
    const started = await processStart(childPid)
    expect(started).toBeDefined()
    parent.kill('SIGKILL')
    await vi.waitUntil(async () => (await processStart(childPid)) !== started, { timeout: 20_000 })
  })
})

const running = ({ kind, attemptId }: AttemptUpdate): boolean =>
  kind === 'running' && attemptId === idOf(jobA, 1)

/** An attempt that is told to run has its files prepared first: only the engine's work shows that it runs. */
async function untilBusy(pid: number): Promise<void> {
  const { cpuMs: before } = await processUsage(pid)
  await vi.waitUntil(async () => (await processUsage(pid)).cpuMs > before + 200, { timeout: 30_000 })
}

/** Starts an engine, sets it to work, and prints its process id. */
const parentProgram = (workDir: string): string => `
  import { createEngineProcess } from ${JSON.stringify(built)}
  const workDir = ${JSON.stringify(workDir)}
  const engine = createEngineProcess({ threads: 1, memoryLimitBytes: 2 ** 29, workDir, dataDirs: [], slots: 1 })
  await engine.start()
  const attempt = ${JSON.stringify(specOf(idOf(jobA, 1), endless))}
  void engine.run({ ...attempt, directory: workDir })
  console.log(engine.pid)
`
