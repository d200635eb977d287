/**
 * `node scripts/make-tpcds.js SCALE [DIR]`: TPC-DS data as Parquet at any scale, by the generator that older
 * wheels of DuckDB on PyPI have built in. They are kept in a virtual environment of their own below the user's
 * cache directory.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { spawnSync } from 'node:child_process'

const generator = 'duckdb==1.0.0'
const program = `
import sys, duckdb
scale, directory, database = sys.argv[1:]
connection = duckdb.connect(database)
connection.execute(f'CALL dsdgen(sf={float(scale)})')
for (table,) in connection.execute('SHOW TABLES').fetchall():
    connection.execute(f"COPY {table} TO '{directory}/{table}.parquet' (FORMAT parquet, COMPRESSION zstd)")
`

const [scale, directory] = process.argv.slice(2)
if (scale === undefined || !(Number(scale) > 0)) {
  process.stderr.write('usage: node scripts/make-tpcds.js SCALE [DIR]   e.g. 1 data/tpcds-sf1\n')
  process.exit(2)
}
const target = resolve(directory ?? join('data', `tpcds-sf${scale}`))
const environment = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'arbalest', generator)
const python = join(environment, 'bin', 'python')

if (!existsSync(python)) {
  mkdirSync(environment, { recursive: true })
  run('python3', ['-m', 'venv', environment])
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', generator])
}
mkdirSync(target, { recursive: true })
const scratch = mkdtempSync(join(target, '.generated-'))
process.on('exit', () => rmSync(scratch, { recursive: true }))
run(python, ['-c', program, scale, target, join(scratch, 'tables.duckdb')])
process.stdout.write(`${target}\n`)

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (error !== undefined) {
    process.stderr.write(`${command}: ${error.message}\n`)
    process.exit(1)
  }
  if (status !== 0) process.exit(status ?? 1)
}
