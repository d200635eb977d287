/**
 * `node scripts/make-tpcds.js SCALE [DIR]`: TPC-DS data as Parquet at any scale, by the generator that older
 * wheels of DuckDB on PyPI have built in.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pythonPackage, runProgram } from './python-package.js'

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
const python = join(pythonPackage('duckdb==1.0.0'), 'python')
mkdirSync(target, { recursive: true })
const scratch = mkdtempSync(join(target, '.generated-'))
process.on('exit', () => rmSync(scratch, { recursive: true }))
runProgram(python, ['-c', program, scale, target, join(scratch, 'tables.duckdb')])
process.stdout.write(`${target}\n`)
