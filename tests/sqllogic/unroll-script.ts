/** The records and directives of a script in the order in which they run, variables of loops filled in. */
import type { Command, Condition, Directive, TestRecord } from './script.js'

/** `concurrent` when its loop is meant to run on several connections at once. */
export type Step = (TestRecord | Directive) & { readonly concurrent: boolean }

type Bindings = ReadonlyMap<string, string>

export function* unrollScript(
  commands: readonly Command[], bindings: Bindings = new Map(), concurrent = false,
): Generator<Step> {
  for (const command of commands) {
    if (command.kind === 'loop') {
      for (const value of command.values) {
        const inner = bind(command.variable, value, bindings)
        yield* unrollScript(command.body, inner, concurrent || command.concurrent)
      }
    } else if (command.kind === 'directive') {
      yield { ...command, parameters: command.parameters.map((text) => fill(text, bindings)), concurrent }
    } else if (command.conditions.every((condition) => allows(condition, bindings))) {
      yield { ...fillRecord(command, bindings), concurrent }
    }
  }
}

function bind(variable: string, value: string, bindings: Bindings): Bindings {
  const names = variable.split(',')
  const values = names.length === 1 ? [value] : value.split(',')
  return new Map([...bindings, ...names.map((name, at) => [name, values[at] ?? ''] as const)])
}

function fillRecord(record: TestRecord, bindings: Bindings): TestRecord {
  if (bindings.size === 0) return record
  const sql = fill(record.sql, bindings)
  if (record.kind === 'statement') return { ...record, sql, message: fill(record.message, bindings) }
  return { ...record, sql, expected: record.expected.map((line) => fill(line, bindings)) }
}

const fill = (text: string, bindings: Bindings): string =>
  [...bindings].reduce(
    (filled, [name, value]) => filled.replaceAll(`\${${name}}`, value).replaceAll(`{${name}}`, value), text)

const comparisons: readonly (readonly [string, (difference: number) => boolean])[] = [
  ['<>', (d) => d !== 0], ['>=', (d) => d >= 0], ['>', (d) => d > 0], ['<=', (d) => d <= 0], ['<', (d) => d < 0],
  ['=', (d) => d === 0],
]

/** Several parts hold together; a condition without a comparison names the system. */
function allows({ skips, text }: Condition, bindings: Bindings): boolean {
  const parts = text.toLowerCase().split('&&').map((part) => part.trim())
  const holds = parts.every((part) => {
    const comparison = comparisons.find(([sign]) => part.includes(sign))
    if (comparison === undefined) return part === 'duckdb'
    const [name = '', wanted = ''] = part.split(comparison[0]).map((side) => side.trim())
    const value = bindings.get(name)?.toLowerCase()
    return value !== undefined && comparison[1](compare(value, wanted))
  })
  return holds !== skips
}

function compare(a: string, b: string): number {
  const difference = Number(a) - Number(b)
  if (!Number.isNaN(difference)) return difference
  return a < b ? -1 : a > b ? 1 : 0
}
