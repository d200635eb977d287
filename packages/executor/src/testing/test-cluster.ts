/** Executors in one process with fake engines, each on its own work directory and loopback port. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttemptSpec } from '@arbalest/plan'
import type { AttemptUpdate, SchedulerLink } from '@arbalest/protocol'
import { createExecutor } from '../supervisor/executor.js'
import type { ExecutorHandle, ExecutorOptions } from '../supervisor/executor-options.js'
import { FakeEngine } from './fake-engine.js'
import { FakeScheduler } from './fake-scheduler.js'

export interface Member {
  readonly executor: ExecutorHandle
  readonly engine: FakeEngine
  readonly scheduler: FakeScheduler
  readonly workDir: string
  /** Launches one attempt and resolves with its end. */
  run(spec: AttemptSpec, jobToken?: string): Promise<Exclude<AttemptUpdate, { kind: 'running' }>>
  /** All files below `jobs`, relative to it. */
  files(): Promise<readonly string[]>
}

export class TestCluster {
  readonly #executors: ExecutorHandle[] = []
  readonly #directories: string[] = []

  async add(options: Partial<ExecutorOptions> = {}): Promise<Member> {
    const workDir = options.workDir ?? (await this.directory())
    const engine = new FakeEngine()
    const scheduler = new FakeScheduler()
    const executor = await this.create(scheduler, { engine, workDir, ...options })
    const member: Member = {
      executor,
      engine,
      scheduler,
      workDir,
      run: (spec, jobToken = 'token') => {
        scheduler.send({ kind: 'launch', jobToken, attempts: [spec] })
        return scheduler.ended(spec.attemptId)
      },
      files: async () =>
        (await readdir(join(workDir, 'jobs'), { recursive: true, withFileTypes: true }))
          .filter((entry) => entry.isFile())
          .map((entry) => entry.name),
    }
    await executor.start()
    await executor.registered
    return member
  }

  /** An executor that has not been started. */
  async create(link: SchedulerLink, options: Partial<ExecutorOptions> = {}): Promise<ExecutorHandle> {
    const executor = createExecutor({
      link,
      engine: new FakeEngine(),
      workDir: await this.directory(),
      dataDirs: undefined,
      slots: 2,
      threads: 1,
      memoryLimitBytes: 1024 ** 3,
      version: '0.0.0',
      fetch: { backoffMs: 1 },
      ...options,
    })
    this.#executors.push(executor)
    return executor
  }

  async directory(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'arbalest-executor-'))
    this.#directories.push(path)
    return path
  }

  async close(): Promise<void> {
    await Promise.all(this.#executors.map((executor) => executor.close()))
    await Promise.all(this.#directories.map((path) => rm(path, { recursive: true, force: true })))
  }
}
