/**
 * The planner in a child process: DuckDB computes constants while it plans, so a hostile text may take
 * all memory or never end. The child has a memory limit of the operating system; a statement that takes
 * too long has it killed. It comes back with all tables and views; only that statement fails.
 *
 * One statement at a time: when the child dies, it is known whose fault it was.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { limits, queryError, queryErrorFromWire, type QueryError } from '@arbalest/common'
import type { Planner, PlannedTable, QualifiedName } from './planner.js'
import { plannerMethods, type PlannerCall, type PlannerMethod, type PlannerReply } from './planner-calls.js'

export interface PlannerProcessOptions {
  /** The module that the child runs. */
  readonly childPath?: string
  readonly timeoutMs?: number
  readonly memoryBytesMax?: number
  /** Told what the child prints on its standard error. */
  readonly onStderr?: (text: string) => void
}

export interface PlannerProcess extends Planner {
  /** The process id of the child; undefined while there is none. */
  pid(): number | undefined
}

interface Waiting {
  readonly method: PlannerMethod
  readonly args: readonly unknown[]
  readonly resolve: (value: unknown) => void
  readonly reject: (error: QueryError) => void
}

type View = readonly [QualifiedName, readonly string[] | undefined, string]

const keyOf = (name: QualifiedName): string => `${name.schema}.${name.name}`.toLowerCase()

export function startPlannerProcess(options: PlannerProcessOptions = {}): PlannerProcess {
  const timeoutMs = options.timeoutMs ?? limits.planningTimeoutMs
  const tables = new Map<string, PlannedTable>()
  const views = new Map<string, View>()
  const waiting: Waiting[] = []
  let child: ChildProcess | undefined
  let active: { readonly call: Waiting; readonly timer: NodeJS.Timeout; timedOut: boolean } | undefined
  let nextId = 1
  let closed = false

  const spawnChild = (): ChildProcess => {
    const started = startChild(options)
    started.on('message', (reply: PlannerReply) => {
      if (started === child) onReply(reply)
    })
    started.once('exit', (code, signal) => {
      if (started === child) onExit(signal ?? `exit code ${code}`)
    })
    started.stderr?.on('data', (text: Buffer) => options.onStderr?.(text.toString()))
    return started
  }

  /** A new child first learns every table and view, before the statements that wait. */
  const refill = (): void => {
    const quiet = { resolve: () => {}, reject: () => {} }
    const calls: Waiting[] = [
      ...[...tables.values()].map((table): Waiting => ({ method: 'putTable', args: [table], ...quiet })),
      ...[...views.values()].map((view): Waiting => ({ method: 'putView', args: view, ...quiet })),
    ]
    waiting.unshift(...calls)
  }

  const pump = (): void => {
    if (active !== undefined || closed) return
    if (waiting.length === 0) return
    if (child === undefined) {
      child = spawnChild()
      refill()
    }
    const call = waiting.shift()
    if (call === undefined) return
    const timer = setTimeout(() => {
      if (active !== undefined) active.timedOut = true
      child?.kill('SIGKILL')
    }, timeoutMs)
    active = { call, timer, timedOut: false }
    child.send({ id: nextId++, method: call.method, args: call.args } satisfies PlannerCall)
  }

  const onReply = (reply: PlannerReply): void => {
    if (active === undefined) return
    const { call, timer } = active
    clearTimeout(timer)
    active = undefined
    if (reply.ok) call.resolve(reply.value)
    else call.reject(queryErrorFromWire(reply.error))
    pump()
  }

  const onExit = (reason: string): void => {
    child = undefined
    if (active !== undefined) {
      const { call, timer, timedOut } = active
      clearTimeout(timer)
      active = undefined
      call.reject(
        timedOut
          ? queryError('STATEMENT_TOO_COMPLEX', { limit: `${timeoutMs / 1000} s` })
          : queryError('PLANNER_CRASHED', { reason }),
      )
    }
    pump()
  }

  const call = (method: PlannerMethod, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(queryError('PLANNER_CRASHED', { reason: 'the server is stopping' }))
      if (waiting.length >= limits.plannerQueueMax) {
        return reject(queryError('LIMIT_EXCEEDED', { what: 'statements to plan', limit: limits.plannerQueueMax }))
      }
      waiting.push({ method, args, resolve, reject })
      pump()
    })

  const proxy = Object.fromEntries(
    plannerMethods.map((method) => [method, (...args: unknown[]) => call(method, args)]),
  ) as unknown as Omit<Planner, 'close'>
  // The first child starts at once: the first statement should not wait for it.
  child = spawnChild()
  return {
    ...proxy,
    async putTable(table) {
      tables.set(keyOf(table.name), table)
      await proxy.putTable(table)
    },
    async dropTable(name) {
      tables.delete(keyOf(name))
      await proxy.dropTable(name)
    },
    async putView(name, columns, sql) {
      await proxy.putView(name, columns, sql)
      views.delete(keyOf(name))
      views.set(keyOf(name), [name, columns, sql])
    },
    async dropView(name) {
      views.delete(keyOf(name))
      await proxy.dropView(name)
    },
    pid: () => child?.pid,
    async close() {
      closed = true
      const ended = child
      child = undefined
      for (const { reject } of waiting.splice(0)) {
        reject(queryError('PLANNER_CRASHED', { reason: 'the server is stopping' }))
      }
      if (active !== undefined) {
        clearTimeout(active.timer)
        active.call.reject(queryError('PLANNER_CRASHED', { reason: 'the server is stopping' }))
        active = undefined
      }
      if (ended === undefined || ended.exitCode !== null) return
      await new Promise<void>((resolve) => {
        ended.once('exit', () => resolve())
        ended.kill('SIGKILL')
      })
    },
  }
}

/** The shell sets the memory limit of the data segment, which the child inherits. */
function startChild(options: PlannerProcessOptions): ChildProcess {
  const path = options.childPath ?? fileURLToPath(new URL('../../dist/planning/planner-child.js', import.meta.url))
  const kilobytes = Math.floor((options.memoryBytesMax ?? limits.plannerMemoryBytesMax) / 1024)
  const limited = process.platform === 'linux'
  const command = limited ? '/bin/sh' : process.execPath
  const args = limited
    ? ['-c', `ulimit -d ${kilobytes}; exec "$0" "$@"`, process.execPath, path]
    : [path]
  return spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' })
}
