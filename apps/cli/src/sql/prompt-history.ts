/** What was typed at the prompt, kept in a file that only its owner reads: one JSON text a line. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

export interface PromptHistory {
  /** Lines, the newest first, as the line editor takes them. */
  readonly lines: readonly string[]
  /** Keeps a statement, unless it begins with a space, repeats the last one or holds a secret. */
  add(statement: string): void
}

const statementsMax = 10_000

export function historyPath(environment: Readonly<Record<string, string | undefined>>): string {
  const state = environment['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state')
  return join(state, 'arbalest', 'history')
}

/** A history that cannot be read or written is no reason not to run: it lasts as long as the prompt then. */
export function openHistory(path: string): PromptHistory {
  const statements = readStatements(path)
  let last = statements.at(-1)
  return {
    lines: statements.flatMap((statement) => statement.split('\n')).toReversed(),
    add(statement) {
      if (statement === last || /^\s/.test(statement) || holdsSecret(statement)) return
      last = statement
      attempt(() => {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
        appendFileSync(path, `${JSON.stringify(statement)}\n`, { mode: 0o600 })
      })
    },
  }
}

const holdsSecret = (statement: string): boolean =>
  /^\s*(create|set)\b/i.test(statement) && /secret|password|token/i.test(statement)

function readStatements(path: string): readonly string[] {
  const lines = attempt(() => readFileSync(path, 'utf8').split('\n').filter((line) => line !== '')) ?? []
  const kept = lines.slice(-statementsMax)
  if (kept.length < lines.length) attempt(() => writeFileSync(path, `${kept.join('\n')}\n`, { mode: 0o600 }))
  return kept.flatMap((line) => {
    const statement = attempt(() => JSON.parse(line) as unknown)
    return typeof statement === 'string' ? [statement] : []
  })
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
