/** The files of `suite` on two executors: each record gives what plain DuckDB gives. */
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runFile, type RecordResult } from './run-file.js'
import { makeSuiteTables, suiteTablesVariable } from './suite-tables.js'

const suite = fileURLToPath(new URL('./suite/', import.meta.url))
const files = readdirSync(suite, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test')).sort()

let tables: string
beforeAll(async () => {
  tables = await mkdtemp(join(tmpdir(), 'arbalest-suite-'))
  await makeSuiteTables(tables)
})
afterAll(() => rm(tables, { recursive: true, force: true }))

const all: RecordResult[] = []

test.each(files)('%s', async (file) => {
  const { records, skipped } = await runFile(join(suite, file), {
    executors: 2,
    directory: tables,
    settings: { 'arbalest.distribute': 'always' },
    environment: { [suiteTablesVariable]: tables },
    timeLimitMs: 30_000,
  })
  expect(skipped).toBe('')
  const bad = records.filter(({ kind }) => kind !== 'passed')
  expect(bad.map(({ kind, line, sql, reason }) => `${kind} at line ${line}: ${sql}\n${reason}`)).toEqual([])
  all.push(...records)
}, 300_000)

test('is large, and what reads its large tables is divided', () => {
  expect(all.length).toBeGreaterThanOrEqual(600)
  const reading = all.filter(({ mode, sql }) => mode !== 'no job' && /\b(facts|others|lots|typed)\b/.test(sql))
  const whole = reading.filter(({ mode }) => mode === 'whole').map(({ sql, modeReason }) => `${modeReason}: ${sql}`)
  expect(whole.length / reading.length, whole.join('\n')).toBeLessThan(0.1)
})
