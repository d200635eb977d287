/**
 * Writes `docs/reference/errors.md` from the catalogue of errors.
 * With `--check` it writes nothing and fails when the page is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepare, projectDir } from './prepare.js'

const page = join(projectDir, 'docs', 'reference', 'errors.md')
const categories = {
  user: 'The statement, the data or the request must change; never tried again.',
  resource: 'More room is needed; tried again alone, where there is more of it.',
  transient: 'It may pass; tried again with back-off.',
  'lost-input': 'A shuffle output is gone; exactly the lost partitions are computed again.',
  internal: 'A bug of Arbalest, or processes that do not fit together.',
}

const checking = process.argv.includes('--check')
if (!checking) prepare({ projects: ['packages/common'] })
const { errorCodes } = await import('../packages/common/dist/index.js')
const text = renderPage(errorCodes)
if (!checking) {
  writeFileSync(page, text)
} else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
  console.error('docs/reference/errors.md is stale: run `npm run generate`.')
  process.exit(1)
}

function renderPage(codes) {
  const sections = Object.entries(categories).map(([category, meaning]) => {
    const rows = Object.entries(codes)
      .filter(([, definition]) => definition.category === category)
      .map(([code, definition]) => renderRow(code, definition))
    const head = ['| code | retry | message | what to do |', '|---|---|---|---|']
    return [`## ${category}\n`, `${meaning}\n`, ...head, ...rows, ''].join('\n')
  })
  return [
    '# Errors\n',
    'Generated from the catalogue in `packages/common/src/error-codes.ts` by `npm run generate`: do not edit.\n',
    'Every error has a code, a category and a retry class. A `{name}` stands for a field of the error.\n',
    ...sections,
  ].join('\n')
}

function renderRow(code, { retry, message, mend }) {
  const cell = (value) => value.replaceAll('|', '\\|').replaceAll('\n', ' ')
  return `| \`${code}\` | ${retry} | ${cell(message)} | ${cell(mend)} |`
}
