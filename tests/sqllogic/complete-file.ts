/** Fills in a test file what plain DuckDB answers, where the file expects nothing yet. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { completeScript, type AnsweredRecord } from './complete-script.js'
import { parseScript } from './parse-script.js'
import { openPlainDuckdb } from './plain-duckdb.js'
import { unrollScript } from './unroll-script.js'

/** @throws Error where DuckDB answers otherwise than the record says */
export async function completeFile(file: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const text = await readFile(file, 'utf8')
  const plain = await openPlainDuckdb({ timeLimitMs: 20_000 })
  const scratch = await mkdtemp(join(tmpdir(), 'arbalest-complete-'))
  const answers: AnsweredRecord[] = []
  try {
    for (const step of unrollScript(parseScript(text))) {
      if (step.kind === 'directive') continue
      const filled = Object.entries(environment)
        .reduce((sql, [name, value]) => sql.replaceAll(`\${${name}}`, value), step.sql)
        .replaceAll('__TEST_DIR__', scratch)
      const outcome = await plain.run(filled, step.connection)
      const shouldWork = step.kind === 'query' || step.expects === 'ok'
      if (shouldWork && outcome.kind === 'error') throw new Error(`line ${step.line}: ${outcome.message}`)
      const isOpen = step.kind === 'query'
        ? step.expected.length === 0
        : step.expects === 'error' && step.message === ''
      if (isOpen) answers.push({ record: step, outcome })
    }
  } finally {
    await plain.close()
    await rm(scratch, { recursive: true, force: true })
  }
  if (answers.length > 0) await writeFile(file, completeScript(text, answers))
}
