/** `node scripts/make-tpch.js SCALE [DIR]`: TPC-H data as Parquet at any scale, by tpchgen-cli from PyPI. */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pythonPackage, runProgram } from './python-package.js'

const [scale, directory] = process.argv.slice(2)
if (scale === undefined || !(Number(scale) > 0)) {
  process.stderr.write('usage: node scripts/make-tpch.js SCALE [DIR]   e.g. 1 data/tpch-sf1\n')
  process.exit(2)
}
const target = resolve(directory ?? join('data', `tpch-sf${scale}`))
const program = join(pythonPackage('tpchgen-cli==4.0.0'), 'tpchgen-cli')
mkdirSync(target, { recursive: true })
runProgram(program, ['parquet', '--scale-factor', scale, '--output-dir', target])
process.stdout.write(`${target}\n`)
