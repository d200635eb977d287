/** `npm run sqllogic -- DIR`: runs sqllogictest files on a cluster beside plain DuckDB and counts what passed. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { completeFile } from './complete-file.js'
import { makeReport, printReport } from './report.js'
import { runFiles } from './run-files.js'
import { makeSuiteTables, suiteTablesVariable } from './suite-tables.js'

const usage = `usage: npm run sqllogic -- PATH... [options]
  PATH               a test file, or a directory of *.test files
  --root DIR         where relative paths inside the files start (the current directory)
  --executors N      of the cluster (2)
  --set NAME=VALUE   a setting of the sessions, several times (arbalest.distribute=always)
  --filter TEXT      only files whose path contains it
  --slow             *.test_slow too
  --seconds N        time limit of a record (20)
  --report FILE      writes everything that did not pass as JSON
  --depth N          folders below the root that make a line of the table (1)
  --quiet            the table alone
  --complete         writes plain DuckDB's answers into the files where they expect nothing yet
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    root: { type: 'string', default: '.' },
    executors: { type: 'string', default: '2' },
    set: { type: 'string', multiple: true, default: [] },
    filter: { type: 'string', default: '' },
    slow: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '20' },
    report: { type: 'string' },
    depth: { type: 'string', default: '1' },
    quiet: { type: 'boolean', default: false },
    complete: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help || positionals.length === 0) {
  process.stderr.write(usage)
  process.exit(values.help ? 0 : 2)
}

const files = positionals.flatMap((path) => testFiles(resolve(path))).filter((file) => file.includes(values.filter))
const settings = Object.fromEntries(['arbalest.distribute=always', ...values.set].map((pair) => {
  const [name = '', ...value] = pair.split('=')
  return [name, value.join('=')]
}))
const tables = mkdtempSync(join(tmpdir(), 'arbalest-suite-'))
process.on('exit', () => rmSync(tables, { recursive: true, force: true }))
await makeSuiteTables(tables)
const environment = { [suiteTablesVariable]: tables }
if (values.complete) {
  for (const file of files) await completeFile(file, environment)
  process.exit(0)
}
const options = {
  environment,
  executors: Number(values.executors),
  directory: resolve(values.root),
  settings,
  timeLimitMs: Number(values.seconds) * 1000,
}
const results = await runFiles(files, options, ({ file, records, skipped }) => {
  if (values.quiet) return
  const bad = records.filter(({ kind }) => kind === 'wrong' || kind === 'failed')
  for (const { kind, line, reason, sql } of bad) {
    process.stdout.write(`${kind} ${file}:${line}\n  ${sql.trim().replaceAll('\n', '\n  ')}\n  -> ${reason}\n`)
  }
  if (skipped !== '') process.stdout.write(`skipped ${file}: ${skipped}\n`)
})
const paths = positionals.map((path) => resolve(path))
const root = paths.length === 1 ? (paths[0] ?? '.') : commonParent(paths)
const report = makeReport(results, root, Number(values.depth))
process.stdout.write(`${printReport(report)}\n`)
if (values.report !== undefined) writeFileSync(values.report, `${JSON.stringify(report, undefined, 1)}\n`)
process.exitCode = report.total.counts.wrong + report.total.counts.failed > 0 ? 1 : 0

function testFiles(path: string): readonly string[] {
  if (!existsSync(path)) throw new Error(`${path} does not exist`)
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test') || (values.slow && name.endsWith('.test_slow')))
    .sort()
    .map((name) => join(path, name))
}

function commonParent(paths: readonly string[]): string {
  const parts = paths.map((path) => path.split('/'))
  const [first = []] = parts
  const length = first.findIndex((part, at) => parts.some((other) => other[at] !== part))
  return first.slice(0, length < 0 ? first.length : length).join('/')
}
