/** What the outcome of a record on the cluster is worth, beside that of plain DuckDB. */
import { expectedDifference, matchesWhole } from './expected-answer.js'
import type { Outcome, RowsOutcome } from './outcome.js'
import type { QueryRecord, StatementRecord, TestRecord } from './script.js'

export interface Verdict {
  readonly kind: VerdictKind
  /** Empty for what passed. */
  readonly reason: string
}

/**
 *   passed          as plain DuckDB
 *   wrong           other rows than plain DuckDB's, or rows in another order than ORDER BY gives
 *   failed          an error where there is an answer, or none where there is an error
 *   refused         refused by name: of a kind that the reference does not list
 *   dependent       something before it in the file was refused
 *   not-applicable  plain DuckDB does not pass it either, or it is about DuckDB itself
 */
export type VerdictKind = 'passed' | 'wrong' | 'failed' | 'refused' | 'dependent' | 'not-applicable'

export const verdictKinds: readonly VerdictKind[] =
  ['passed', 'wrong', 'failed', 'refused', 'dependent', 'not-applicable']

const refusals: ReadonlySet<string> = new Set(['NOT_IN_THIS_VERSION', 'NOT_ALLOWED', 'PATH_NOT_ALLOWED'])

/** How plain DuckDB's own outcome misses what the file expects; undefined when it does not. */
export function plainDifference(record: TestRecord, plain: Outcome): string | undefined {
  if (record.kind === 'query') {
    return plain.kind === 'error' ? plain.message : expectedDifference(record, plain)
  }
  if (record.expects === 'maybe') return undefined
  if (record.expects === 'ok') return plain.kind === 'error' ? plain.message : undefined
  if (plain.kind === 'rows') return 'no error'
  return isExpectedMessage(record, plain.message) ? undefined : `another error: ${plain.message}`
}

function isExpectedMessage({ message }: StatementRecord, actual: string): boolean {
  const pattern = /^<(!?)REGEX>:(.*)$/s.exec(message)
  if (pattern !== null) return matchesWhole(actual, pattern[2] ?? '') === (pattern[1] === '')
  return actual.includes(message)
}

/** The verdict where plain DuckDB passes. */
export function judgeRecord(record: TestRecord, plain: Outcome, cluster: Outcome): Verdict {
  if (cluster.kind === 'error') {
    if (cluster.code !== undefined && refusals.has(cluster.code)) return refused(cluster.message)
    const reason = `${cluster.code ?? 'no code'}: ${cluster.message}`
    const mayFail = record.kind === 'statement' && record.expects !== 'ok'
    if (mayFail && cluster.code !== 'INTERNAL' && cluster.code !== undefined && !cluster.timedOut) return passed
    return { kind: 'failed', reason: cluster.timedOut ? `time limit: ${reason}` : reason }
  }
  if (record.kind === 'statement') {
    if (record.expects !== 'error') return passed
    return { kind: 'failed', reason: 'it is accepted where DuckDB refuses it' }
  }
  if (plain.kind === 'error') return { kind: 'not-applicable', reason: plain.message }
  return judgeRows(record, plain, cluster)
}

function judgeRows(record: QueryRecord, plain: RowsOutcome, cluster: RowsOutcome): Verdict {
  const difference = rowsDifference(cluster, plain, record.sort === 'none' && isOrdered(record.sql))
  if (difference === undefined) return passed
  // Approximate and unstable answers are those that the file itself allows.
  return expectedDifference(record, cluster) === undefined ? passed : { kind: 'wrong', reason: difference }
}

const passed: Verdict = { kind: 'passed', reason: '' }
const refused = (reason: string): Verdict => ({ kind: 'refused', reason })

/** Compared as multisets unless ordered; sums of doubles may differ in their last digits. */
function rowsDifference(actual: RowsOutcome, expected: RowsOutcome, ordered: boolean): string | undefined {
  if (actual.types.length !== expected.types.length) {
    return `there are ${actual.types.length} columns, not ${expected.types.length}`
  }
  if (actual.rows.length !== expected.rows.length) {
    return `there are ${actual.rows.length} rows, not ${expected.rows.length}`
  }
  const [left, right] = [rowKeys(actual), rowKeys(expected)]
  const at = firstDifference([...left].sort(), [...right].sort())
  if (at !== undefined) {
    const missing = right.findIndex((row) => !left.includes(row))
    const added = left.findIndex((row) => !right.includes(row))
    return `there is ${showRow(actual.rows[added])} and not ${showRow(expected.rows[missing])}`
  }
  const moved = ordered ? firstDifference(left, right) : undefined
  return moved === undefined ? undefined : `order: row ${moved + 1} is ${showRow(actual.rows[moved])}, ` +
    `not ${showRow(expected.rows[moved])}`
}

function rowKeys({ types, rows }: RowsOutcome): readonly string[] {
  const isInexact = types.map((type) => type === 'DOUBLE' || type === 'FLOAT')
  return rows.map((row) => JSON.stringify(row.map((value, at) => {
    if (value === null || isInexact[at] !== true) return value
    return Number.isFinite(Number(value)) ? Number(value).toPrecision(10) : value
  })))
}

function firstDifference(left: readonly string[], right: readonly string[]): number | undefined {
  const at = left.findIndex((row, index) => row !== right[index])
  return at < 0 ? undefined : at
}

const showRow = (row: readonly (string | null)[] | undefined): string =>
  `(${(row ?? []).map((value) => value ?? 'NULL').join(', ')})`.slice(0, 300)

/** Whether the outermost query has an ORDER BY: what stands in parentheses and quotes is left out. */
export function isOrdered(sql: string): boolean {
  let text = sql.replace(/--[^\n]*/g, ' ').replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, ' ')
  for (let shorter = ''; shorter !== text;) {
    shorter = text
    text = text.replace(/\([^()]*\)/g, ' ')
  }
  return /\border\s+by\b/i.test(text)
}
