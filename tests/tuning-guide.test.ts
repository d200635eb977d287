/** The tuning guide names every flag and setting that may be tuned, with the default that it has. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const docs = join(import.meta.dirname, '..', 'docs')
const reference = readFileSync(join(docs, 'reference', 'config.md'), 'utf8')
const guide = readFileSync(join(docs, 'guides', 'tuning.md'), 'utf8')

/** Where things are, who gets in, and names: nothing to tune. */
const others = new Set([
  '--bind-host', '--bind-port', '--control-port', '--external-host', '--scheduler-host', '--scheduler-port',
  '--warehouse-dir', '--state-dir', '--event-log-dir', '--data-dir', '--write-dir', '--auth-token-file',
  '--tls-cert', '--tls-key', '--tls-ca', '--tls-client-ca', '--insecure', 'arbalest.job_name',
])

test('every knob of scheduler, executor and session stands in the guide with its default, and no other', () => {
  const knobs = new Map([...flagsOf('scheduler'), ...flagsOf('executor'), ...settings()])
  for (const name of others) expect(knobs.delete(name), `${name} is a flag or a setting`).toBe(true)
  const found = new Map(rowsOf(guide).map(([name = '', value = '']) => [nameIn(name), value]))
  expect([...found].toSorted()).toEqual([...knobs].toSorted())
})

function flagsOf(command: string): readonly (readonly [string, string])[] {
  return rowsOf(sectionOf(`## arbalest ${command}`)).map(([flags = '', , value = '']) => [nameIn(flags), value])
}

const settings = (): readonly (readonly [string, string])[] =>
  rowsOf(sectionOf('## Settings of a session')).map(([name = '', value = '']) => [nameIn(name), value])

function sectionOf(heading: string): string {
  const [, after = ''] = reference.split(`${heading}\n`)
  expect(after, heading).not.toBe('')
  return after.split('\n## ')[0] ?? ''
}

/** Rows of tables whose first cell is code, as cells. */
const rowsOf = (text: string): readonly (readonly string[])[] =>
  text.split('\n').filter((line) => line.startsWith('| `'))
    .map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim()))

/** `--name <value>` in code without its value. */
const nameIn = (cell: string): string => /`([^\s`]+)/.exec(cell)?.[1] ?? ''
