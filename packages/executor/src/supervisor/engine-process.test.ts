import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { limits } from '@arbalest/common'
import type { EngineAttempt } from '@arbalest/plan'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { idOf, jobA, specOf } from '../testing/builders.js'
import { ManualClock } from '../testing/manual-clock.js'
import { createEngineProcess, type EngineProcess } from './engine-process.js'

const modulePath = fileURLToPath(new URL('../testing/fake-engine-child.js', import.meta.url))
let workDir: string
let clock: ManualClock
let engine: EngineProcess
let lines: string[]
let onLine: (line: string) => void

beforeEach(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'arbalest-engine-'))
  clock = new ManualClock()
  lines = []
  onLine = () => undefined
  engine = create()
})
afterEach(async () => {
  await engine.close()
  await rm(workDir, { recursive: true })
})

test('passes runs on, with a thread pool for its slots and without our environment', async () => {
  process.env['ARBALEST_TOKEN'] = 'secret'
  try {
    await engine.start()
  } finally {
    delete process.env['ARBALEST_TOKEN']
  }
  const said = lineWith('a line of the engine')
  const { names } = await engine.run(attempt('environment'))
  expect(names).toEqual(['19'])
  await said
})

test('gives the errors of the engine with their codes', async () => {
  await engine.start()
  await expect(engine.inspect([])).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
})

test('a crash rejects what runs, tells its listeners, and the next run gets a new process', async () => {
  await engine.start()
  const firstPid = engine.pid
  await mkdir(join(workDir, 'spill'))
  await writeFile(join(workDir, 'spill', 'left.tmp'), '')
  const crashes: string[] = []
  engine.onCrash((reason) => crashes.push(reason))
  const bystander = expect(engine.run(attempt('hang', 1))).rejects.toMatchObject({ code: 'ENGINE_CRASHED' })
  await expect(engine.run(attempt('crash'))).rejects.toMatchObject({ code: 'ENGINE_CRASHED' })
  await bystander
  expect(crashes).toEqual(['exit 3'])
  const next = engine.run(attempt('environment', 2))
  clock.advance(limits.retryBackoffMaxMs)
  await next
  expect(engine.pid).not.toBe(firstPid)
  expect(await readdir(workDir)).toEqual([])
})

test('a process killed from outside is a crash that names the signal', async () => {
  await engine.start()
  const crashed = new Promise<string>((resolve) => engine.onCrash(resolve))
  process.kill(engine.pid!, 'SIGKILL')
  expect(await crashed).toBe('signal SIGKILL')
})

test('a cancelled attempt ends by the engine itself, which goes on', async () => {
  await engine.start()
  const { pid } = engine
  const waits = lineWith('waits')
  const run = expect(engine.run(attempt('wait'))).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
  await waits
  engine.cancel(idOf(jobA, 1))
  await run
  clock.advance(limits.cancelGraceMs)
  await engine.run(attempt('environment'))
  expect(engine.pid).toBe(pid)
})

test('an attempt that does not listen is killed with its process, and counts as cancelled', async () => {
  await engine.start()
  const hangs = lineWith('hangs')
  const run = expect(engine.run(attempt('hang'))).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
  const neighbour = expect(engine.run(attempt('wait', 1))).rejects.toMatchObject({ code: 'ENGINE_CRASHED' })
  await hangs
  engine.cancel(idOf(jobA, 1))
  clock.advance(limits.cancelGraceMs)
  await run
  await neighbour
})

test('an attempt that waits for the next process can be cancelled', async () => {
  await engine.start()
  await expect(engine.run(attempt('crash'))).rejects.toThrow()
  const run = expect(engine.run(attempt('wait', 1))).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
  engine.cancel(idOf(jobA, 1, 1))
  await run
})

test('a first start that fails gives the error of the engine and leaves no process', async () => {
  engine = create({ threads: 0 })
  await expect(engine.start()).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  await engine.close()
  expect(engine.pid).toBeUndefined()
})

test('closing rejects what still waits', async () => {
  await engine.start()
  const waits = lineWith('waits')
  const run = expect(engine.run(attempt('wait'))).rejects.toMatchObject({ code: 'ENGINE_CRASHED' })
  await waits
  await engine.close()
  await run
})

function create(more: { readonly threads?: number } = {}): EngineProcess {
  return createEngineProcess({
    threads: 1,
    memoryLimitBytes: 1024 ** 3,
    workDir,
    dataDirs: undefined,
    slots: 3,
    modulePath,
    clock,
    log: (line) => {
      lines.push(line)
      onLine(line)
    },
    ...more,
  })
}

const attempt = (sql: string, task = 0): EngineAttempt => ({
  ...specOf(idOf(jobA, 1, task), sql),
  inputs: [],
  directory: workDir,
})

function lineWith(text: string): Promise<void> {
  return new Promise((resolve) => {
    onLine = (line) => {
      if (line.includes(text)) resolve()
    }
  })
}
