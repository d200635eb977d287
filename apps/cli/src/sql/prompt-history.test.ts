import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { historyPath, openHistory } from './prompt-history.js'

test('statements are kept for their owner alone and come back as lines, the newest first', () => {
  const path = tempPath()
  const history = openHistory(path)
  history.add('select\n1;')
  history.add('select 2;')
  history.add('select 2;')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(openHistory(path).lines).toEqual(['select 2;', '1;', 'select'])
})

test('what begins with a space or sets a secret is not kept', () => {
  const path = tempPath()
  const history = openHistory(path)
  history.add(' select 1;')
  history.add("CREATE SECRET s (TYPE s3, KEY_ID 'x');")
  history.add("set s3_session_token = 'x';")
  history.add("select 'secret';")
  expect(openHistory(path).lines).toEqual(["select 'secret';"])
})

test('the oldest statements go, and lines that are none are passed over', () => {
  const path = tempPath()
  openHistory(path).add('x')
  writeFileSync(path, `${Array.from({ length: 10_005 }, (_, index) => `"s${index}"`).join('\n')}\nnonsense\n`)
  expect(openHistory(path).lines.at(-1)).toBe('s6')
  expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(10_000)
})

test('a history that cannot be kept is no hindrance', () => {
  const path = join(tempPath(), 'below-a-file', 'history')
  openHistory(join(path, '..', '..')).add('x')
  expect(() => openHistory(path).add('select 1;')).not.toThrow()
})

test('it lies where the state of programs lies', () => {
  expect(historyPath({ XDG_STATE_HOME: '/state' })).toBe('/state/arbalest/history')
  expect(historyPath({})).toMatch(/\.local\/state\/arbalest\/history$/)
})

function tempPath(): string {
  const dir = mkdtempSync(join(tmpdir(), 'arbalest-history-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  return join(dir, 'state', 'history')
}
