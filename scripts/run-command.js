/** Runs child processes for the scripts of this folder. */
import { spawn, spawnSync } from 'node:child_process'
import { constants } from 'node:os'

/** Runs a command in the foreground; ends this process with the command's status when it fails. */
export function runOrExit(command, args, options = {}) {
  const status = runForStatus(command, args, options)
  if (status !== 0) process.exit(status)
}

/** Runs a command in the foreground and gives its exit status (128 + signal when a signal ended it). */
export function runForStatus(command, args, options = {}) {
  const done = spawnSync(command, args, { stdio: 'inherit', ...options })
  if (done.error !== undefined) {
    console.error(`Cannot run ${command}: ${done.error.message}`)
    return 127
  }
  return exitStatus(done.status, done.signal)
}

/** Runs a command beside others and gives its exit status with everything it printed. */
export function runCaptured(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let output = ''
    child.stdout.on('data', (text) => (output += text))
    child.stderr.on('data', (text) => (output += text))
    child.on('error', (error) => resolve({ status: 127, output: `${output}${error.message}\n` }))
    child.on('close', (code, signal) => resolve({ status: exitStatus(code, signal), output }))
  })
}

/**
 * Becomes a command as far as a Node process can: signals pass on, the exit status comes back.
 * At a terminal Ctrl-C reaches the whole process group by itself, so it is not sent twice.
 */
export function become(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options })
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
    process.on(signal, () => {
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      child.kill(signal)
    })
  }
  child.on('error', (error) => {
    console.error(`Cannot run ${command}: ${error.message}`)
    process.exit(127)
  })
  child.on('close', (code, signal) => process.exit(exitStatus(code, signal)))
}

function exitStatus(code, signal) {
  return signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0)
}
