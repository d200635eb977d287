/**
 * `node scripts/make-tpch.js SCALE [DIR]`: TPC-H data as Parquet at any scale, by tpchgen-cli from PyPI.
 * The program is kept in a virtual environment of its own below the user's cache directory.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { spawnSync } from 'node:child_process'

const generator = 'tpchgen-cli==4.0.0'

const [scale, directory] = process.argv.slice(2)
if (scale === undefined || !(Number(scale) > 0)) {
  process.stderr.write('usage: node scripts/make-tpch.js SCALE [DIR]   e.g. 1 data/tpch-sf1\n')
  process.exit(2)
}
const target = resolve(directory ?? join('data', `tpch-sf${scale}`))
const environment = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'arbalest', generator)
const program = join(environment, 'bin', 'tpchgen-cli')

if (!existsSync(program)) {
  mkdirSync(environment, { recursive: true })
  run('python3', ['-m', 'venv', environment])
  run(join(environment, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', generator])
}
mkdirSync(target, { recursive: true })
run(program, ['parquet', '--scale-factor', scale, '--output-dir', target])
process.stdout.write(`${target}\n`)

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (error !== undefined) {
    process.stderr.write(`${command}: ${error.message}\n`)
    process.exit(1)
  }
  if (status !== 0) process.exit(status ?? 1)
}
