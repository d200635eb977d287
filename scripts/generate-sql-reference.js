/**
 * Writes the tables of what is not divided into `docs/reference/sql.md`, from the lists that EXPLAIN tells.
 * With `--check` it writes nothing and fails when they are stale.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepare, projectDir } from './prepare.js'

const page = join(projectDir, 'docs', 'reference', 'sql.md')

const checking = process.argv.includes('--check')
if (!checking) prepare({ projects: ['packages/planner'] })
const { oneTaskParts, wholeParts } = await import('../packages/planner/dist/index.js')
const before = readFileSync(page, 'utf8')
const halfway = replaceTable(before, 'whole', wholeParts)
const after = replaceTable(halfway, 'one task', oneTaskParts)
if (!checking) {
  writeFileSync(page, after)
} else if (before !== after) {
  console.error('docs/reference/sql.md is stale: run `npm run generate`.')
  process.exit(1)
}

/** What stands between the comments that name the table becomes its rows. */
function replaceTable(text, name, parts) {
  const begin = `<!-- generated from packages/planner/src/undivided.ts by \`npm run generate\`: ${name} -->\n`
  const end = '<!-- end -->'
  const from = text.indexOf(begin)
  const to = text.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`docs/reference/sql.md has no place for the table "${name}"`)
  return `${text.slice(0, from)}${begin}\n${renderTable(parts)}\n${text.slice(to)}`
}

function renderTable(parts) {
  const cell = (text) => text.replaceAll('|', '\\|')
  const rows = Object.values(parts).map(({ reason, because, example }) =>
    `| \`${cell(reason)}\` | ${cell(because)} | \`${cell(example)}\` |\n`)
  return `| \`EXPLAIN\` says | because | example |\n|---|---|---|\n${rows.join('')}`
}
