/** A package of PyPI in a virtual environment of its own below the user's cache directory. */
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'

/** The directory of the environment's programs; `name==version` is installed when it is first asked for. */
export function pythonPackage(requirement) {
  const environment = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'arbalest', requirement)
  const programs = join(environment, 'bin')
  const done = join(environment, 'installed')
  if (!existsSync(done)) {
    mkdirSync(environment, { recursive: true })
    runProgram('python3', ['-m', 'venv', environment])
    const options = ['--quiet', '--disable-pip-version-check']
    runProgram(join(programs, 'python'), ['-m', 'pip', 'install', ...options, requirement])
    mkdirSync(done)
  }
  return programs
}

/** Ends this process where the program does not succeed. */
export function runProgram(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (error !== undefined) {
    process.stderr.write(`${command}: ${error.message}\n`)
    process.exit(1)
  }
  if (status !== 0) process.exit(status ?? 1)
}
