/**
 * Processes of a cluster started as children of this one. A child runs this same program in a role, gets
 * its options over the channel, says when it is ready, and ends when its parent does.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { asQueryError, queryError, queryErrorFromWire } from '@arbalest/common'
import type { RoleConfig, RoleReply } from './role-messages.js'

export type Role = 'front' | 'scheduler' | 'executor'

export interface RoleProcess<Ready> {
  readonly pid: number
  readonly ready: Ready
  /** Resolves when the process has ended, with how. */
  readonly ended: Promise<string>
  /** Asks it to end; after the grace time it is killed. Resolves when it has ended. */
  stop(): Promise<void>
}

/** Time for an orderly end. */
const stopGraceMs = 8_000
/** The built program, from the sources as from the build. */
const mainPath = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/**
 * Starts a process in a role and waits until it is ready.
 * @throws QueryError what the process says, or INTERNAL when it ends before
 */
export async function startRole<Options, Ready>(
  role: Role,
  options: Options,
  environment: Readonly<Record<string, string>> = {},
): Promise<RoleProcess<Ready>> {
  const child = spawn(process.execPath, [mainPath, 'role', role], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...environment },
    serialization: 'advanced',
  })
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit status ${code}`))
    child.once('error', (error) => resolve(error.message))
  })
  const reply = await firstReply<Options, Ready>(child, ended, { kind: 'config', options })
  if (reply.kind === 'failed') {
    await ended
    throw queryErrorFromWire(reply.error)
  }
  return {
    pid: child.pid ?? 0,
    ready: reply.ready,
    ended,
    stop: () => stop(child, ended),
  }
}

async function firstReply<Options, Ready>(
  child: ChildProcess,
  ended: Promise<string>,
  config: RoleConfig<Options>,
): Promise<RoleReply<Ready>> {
  const reply = new Promise<RoleReply<Ready>>((resolve) => child.once('message', (m) => resolve(m as RoleReply<Ready>)))
  if (child.pid !== undefined) child.send(config)
  const early = ended.then((how): RoleReply<Ready> => {
    const error = queryError('INTERNAL', { reason: `a process of the cluster ended at its start: ${how}` })
    return { kind: 'failed', error: error.toWire() }
  })
  return Promise.race([reply, early])
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopGraceMs)
  await ended
  clearTimeout(timer)
}

/** A running role: what it tells its parent, and how it ends. */
export interface RunningRole<Ready> {
  readonly ready: Ready
  close(): Promise<void>
  /** Resolves when it has ended by itself. */
  readonly ended?: Promise<string>
}

/** In the child: takes the options, runs the role, and ends on SIGTERM or when the parent has gone. */
export async function serveRole<Options, Ready>(
  run: (options: Options) => Promise<RunningRole<Ready>>,
): Promise<void> {
  const config = await new Promise<RoleConfig<Options>>((resolve) =>
    process.once('message', (message) => resolve(message as RoleConfig<Options>)),
  )
  let running: RunningRole<Ready>
  try {
    running = await run(config.options)
  } catch (error) {
    const reply: RoleReply<Ready> = { kind: 'failed', error: asQueryError(error).toWire() }
    process.send?.(reply, () => process.exit(1))
    return
  }
  const end = (status: number) => void running.close().finally(() => process.exit(status))
  process.once('SIGTERM', () => end(0))
  // The terminal sends Ctrl-C to all processes; the parent decides what happens.
  process.on('SIGINT', () => undefined)
  process.once('disconnect', () => end(0))
  void running.ended?.then(() => end(1))
  process.send?.({ kind: 'ready', ready: running.ready } satisfies RoleReply<Ready>)
}
