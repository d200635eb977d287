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
import type { Planner } from './planner.js'
import { PlannerSupervisor } from './planner-supervisor.js'
import { rememberTaught } from './remember-taught.js'

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

export function startPlannerProcess(options: PlannerProcessOptions = {}): PlannerProcess {
  const taught = rememberTaught((method, args) => supervisor.call(method, args))
  const supervisor = new PlannerSupervisor({
    startChild: () => startChild(options),
    refillCalls: () => taught.refillCalls(),
    timeoutMs: options.timeoutMs ?? limits.planningTimeoutMs,
  })
  return {
    ...taught.planner,
    isUp: () => supervisor.pid !== undefined,
    pid: () => supervisor.pid,
    close: () => supervisor.close(),
  }
}

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
