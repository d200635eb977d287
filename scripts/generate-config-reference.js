/**
 * Writes `docs/reference/config.md` from the commands' own flags and the definitions of the settings.
 * With `--check` it writes nothing and fails when the page is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepare, projectDir } from './prepare.js'

const page = join(projectDir, 'docs', 'reference', 'config.md')
const shownCommands = ['start', 'scheduler', 'executor', 'sql', 'doctor']

const checking = process.argv.includes('--check')
if (!checking) prepare({ projects: ['apps/cli'] })
const { createProgram } = await import('../apps/cli/dist/create-program.js')
const { connectionSettings, settingDefinitions, textSettings } = await import('../packages/common/dist/index.js')
const text = renderPage()
if (!checking) {
  writeFileSync(page, text)
} else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
  console.error('docs/reference/config.md is stale: run `npm run generate`.')
  process.exit(1)
}

function renderPage() {
  const { commands } = createProgram()
  const sections = shownCommands.map((name) => renderCommand(commands.find((one) => one.name() === name)))
  return [
    '# Configuration\n',
    'Generated from the code by `npm run generate`: do not edit.\n',
    'A value comes from the flag, else from the environment, else from the table of the command in the TOML',
    'file that `--config` names, else it is the default. A key of that table is the flag without its dashes:\n',
    '```toml\n[executor]\nscheduler-host = "10.0.0.1"\ndata-dir = ["/data/a", "/data/b"]\nmemory-limit = "8GiB"\n```\n',
    '`ARBALEST_TOKEN` holds the token of all commands, where `--auth-token-file` is not given. Sizes are numbers',
    'with `KB`, `MB`, `GB`, `TB` (powers of 1000) or `KiB`, `MiB`, `GiB`, `TiB` (of 1024).',
    'A flag without a value is on when its variable is set, whatever to.\n',
    ...sections,
    renderSettings(),
  ].join('\n')
}

function renderCommand(command) {
  const rows = command.options
    .filter((option) => option.name() !== 'config')
    .map((option) => {
      const inText = / ?\(default: ([^)]*)\)/.exec(option.description)
      const value = option.defaultValueDescription ?? option.defaultValue ?? inText?.[1] ?? ''
      const meaning = option.description.replace(inText?.[0] ?? '', '')
      const choices = option.argChoices === undefined ? '' : `: ${option.argChoices.join(', ')}`
      return renderRow([`\`${option.flags}\``, `\`${option.envVar}\``, String(value), meaning + choices])
    })
  return [
    `## arbalest ${command.name()}\n`,
    `${sentence(command.description())} TOML table \`[${command.name()}]\`.\n`,
    '| flag | environment | default | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

function renderSettings() {
  const own = settingDefinitions.map(({ name, defaultText, meaning }) =>
    renderRow([`\`${name}\``, defaultText, meaning]),
  )
  return [
    '## Settings of a session\n',
    'Set by `SET name = value`, `--set name=value` of `arbalest sql`, or the options of a client; `SHOW ALL`',
    'lists them, `RESET` takes one or all back. They hold for one session.\n',
    '| setting | default | meaning |',
    '|---|---|---|',
    ...own,
    '',
    '`arbalest.adaptive` can only be true in this version.\n',
    'These settings of DuckDB are local to a connection and travel with every job of the session:',
    `${connectionSettings.map((name) => `\`${name}\``).join(', ')}.`,
    'These are written into the texts of the session; a view keeps what held when it was made:',
    `${textSettings.map((name) => `\`${name}\``).join(', ')}.`,
    'All other settings of DuckDB belong to a whole engine and are refused by name.',
    '',
  ].join('\n')
}

function sentence(words) {
  return `${words[0].toUpperCase()}${words.slice(1)}.`
}

function renderRow(cells) {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
