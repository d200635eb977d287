/**
 * Writes `docs/reference/functions.md` from the functions that other engines have and DuckDB has not.
 * With `--check` it writes nothing and fails when the page is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepare, projectDir } from './prepare.js'

const page = join(projectDir, 'docs', 'reference', 'functions.md')

const checking = process.argv.includes('--check')
if (!checking) prepare({ projects: ['packages/planner'] })
const { dialectFunctions, dialectRenames } = await import('../packages/planner/dist/index.js')
const text = renderPage()
if (!checking) {
  writeFileSync(page, text)
} else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
  console.error('docs/reference/functions.md is stale: run `npm run generate`.')
  process.exit(1)
}

function renderPage() {
  return [
    '# Functions',
    '',
    'Generated from the code by `npm run generate`: do not edit.',
    '',
    "The functions are DuckDB's. These are there as well, for queries written for DataFusion, Ballista or Spark:",
    'each is the expression beside it. A macro of yours of the same name goes first.',
    '',
    '| function | is | example | gives | |',
    '|---|---|---|---|---|',
    ...dialectFunctions.flatMap(({ name, definitions, example: [call, value], note = '' }) =>
      definitions.map(([parameters, body], at) =>
        renderRow([
          code(`${name}(${parameters.join(', ')})`),
          code(body.replace(/\s+/g, ' ')),
          at === 0 ? code(call) : '',
          at === 0 ? code(value) : '',
          at === 0 ? note : '',
        ]))),
    '',
    'These are other names of functions of DuckDB, with `DISTINCT`, `FILTER` and `ORDER BY` as there; the examples',
    'are over three rows of `x = 5`:',
    '',
    '| function | is | example | gives |',
    '|---|---|---|---|',
    ...dialectRenames.map(({ name, call, example: [example, value] }) =>
      renderRow([code(`${name}(…)`), code(`${call}…)`), code(example), code(value)])),
    '',
    '## What means something else',
    '',
    "Where a name or operator means one thing in DuckDB and another elsewhere, DuckDB's meaning holds.",
    '',
    '| here | elsewhere | instead |',
    '|---|---|---|',
    '| `5 / 2` is 2.5 | 2 in DataFusion | `5 // 2`, or `SET integer_division = true` |',
    '| `sum` of integers is HUGEINT, `avg` of DECIMAL is DOUBLE | BIGINT, DECIMAL | a cast |',
    '| `ORDER BY … DESC` has NULL last | first in DataFusion | `NULLS FIRST` |',
    '| `date_trunc` of a DATE and `date + INTERVAL` are TIMESTAMP | DATE in Spark | a cast |',
    '| `date_add(d, i)`, `date_sub(part, a, b)`, `datediff(part, a, b)` | days in Spark | `d + 3`, `a - b` |',
    '| `trunc(x)` cuts a number | dates in Spark | `date_trunc` |',
    '| list indexes begin at 1 | `a[0]` in Spark | `a[1]` |',
    '',
  ].join('\n')
}

function code(source) {
  return `\`${source}\``
}

function renderRow(cells) {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
