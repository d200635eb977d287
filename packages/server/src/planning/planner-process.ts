/**
 * The planner in a child process: DuckDB computes constants while it plans, so a hostile text may take
 * all memory or never end. The child has a memory limit of the operating system; a statement that takes
 * too long has it killed. It comes back with all tables and views; only that statement fails.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { limits } from '@arbalest/common'
import type { Planner, PlannedTable, QualifiedName } from './planner.js'
import { plannerMethods } from './planner-calls.js'
import { PlannerSupervisor, type RefillCall } from './planner-supervisor.js'

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

const keyOf = (name: QualifiedName): string => `${name.schema}.${name.name}`.toLowerCase()

export function startPlannerProcess(options: PlannerProcessOptions = {}): PlannerProcess {
  const tables = new Map<string, PlannedTable>()
  /** How views, macros, types and sequences were made, in that order: each comes after what it uses. */
  const definitions = new Map<string, RefillCall>()
  const keep = (kind: string, name: QualifiedName, call: RefillCall): void => {
    const key = `${kind} ${keyOf(name)}`
    definitions.delete(key)
    definitions.set(key, call)
  }
  const forget = (kind: string, name: QualifiedName): void => void definitions.delete(`${kind} ${keyOf(name)}`)
  const supervisor = new PlannerSupervisor({
    startChild: () => startChild(options),
    refillCalls: () => refillCalls(tables, definitions),
    timeoutMs: options.timeoutMs ?? limits.planningTimeoutMs,
  })
  const proxy = Object.fromEntries(
    plannerMethods.map((method) => [method, (...args: unknown[]) => supervisor.call(method, args)]),
  ) as unknown as Omit<Planner, 'close' | 'isUp'>
  return {
    ...proxy,
    async putTable(table) {
      const key = keyOf(table.name)
      await proxy.putTable(table)
      tables.set(key, table)
    },
    async dropTable(name) {
      await proxy.dropTable(name).finally(() => tables.delete(keyOf(name)))
    },
    async putView(name, columns, sql) {
      await proxy.putView(name, columns, sql)
      keep('view', name, { method: 'putView', args: [name, columns, sql] })
    },
    async dropView(name) {
      await proxy.dropView(name).finally(() => forget('view', name))
    },
    async putMacro(macro) {
      await proxy.putMacro(macro)
      keep('macro', macro.name, { method: 'putMacro', args: [macro] })
    },
    async dropMacro(name) {
      await proxy.dropMacro(name).finally(() => forget('macro', name))
    },
    async putType(name, type) {
      await proxy.putType(name, type)
      keep('type', name, { method: 'putType', args: [name, type] })
    },
    async dropType(name) {
      await proxy.dropType(name).finally(() => forget('type', name))
    },
    async putSequence(name, options) {
      await proxy.putSequence(name, options)
      keep('sequence', name, { method: 'putSequence', args: [name, options] })
    },
    async dropSequence(name) {
      await proxy.dropSequence(name).finally(() => forget('sequence', name))
    },
    isUp: () => supervisor.pid !== undefined,
    pid: () => supervisor.pid,
    close: () => supervisor.close(),
  }
}

const refillCalls = (
  tables: ReadonlyMap<string, PlannedTable>,
  definitions: ReadonlyMap<string, RefillCall>,
): readonly RefillCall[] => [
  ...[...tables.values()].map((table): RefillCall => ({ method: 'putTable', args: [table] })),
  ...definitions.values(),
]

/**
 * The shell sets the memory limit of the data segment, which the child inherits. A child ends by SIGKILL,
 * so its files lie in a directory that is removed here.
 */
function startChild(options: PlannerProcessOptions): ChildProcess {
  const path = options.childPath ?? fileURLToPath(new URL('../../dist/planning/planner-child.js', import.meta.url))
  const kilobytes = Math.floor((options.memoryBytesMax ?? limits.plannerMemoryBytesMax) / 1024)
  const directory = mkdtempSync(join(tmpdir(), 'arbalest-planner-'))
  const limited = process.platform === 'linux'
  const command = limited ? '/bin/sh' : process.execPath
  const args = limited
    ? ['-c', `ulimit -d ${kilobytes}; exec "$0" "$@"`, process.execPath, path, directory]
    : [path, directory]
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    env: { ...withoutSecrets(process.env), TMPDIR: directory },
  })
  const removeDirectory = (): void => rmSync(directory, { recursive: true, force: true })
  child.once('exit', removeDirectory)
  child.once('error', removeDirectory)
  child.stderr?.on('data', (text: Buffer) => options.onStderr?.(text.toString()))
  return child
}

/** Tokens and addresses of ours are nothing that a hostile text should find. */
const withoutSecrets = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('ARBALEST_')))
