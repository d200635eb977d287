/**
 * The answer of plain DuckDB with what may differ from it: rows that the query's ORDER BY holds for equal come
 * in any order, and a LIMIT may cut anywhere among them.
 */
import { answerDifference, rowsBeyond, type Answer } from './compare-answers.js'
import { finalOrder } from './final-order.js'

export interface ExpectedAnswer {
  readonly answer: Answer
  /** The first difference in words, or undefined. */
  difference(actual: Answer): Promise<string | undefined>
}

/** `ask` is called again, for all rows without the LIMIT, when an answer comes that a LIMIT cut elsewhere. */
export async function expectAnswer(ask: (sql: string) => Promise<Answer>, sql: string): Promise<ExpectedAnswer> {
  const { keys, limit, unlimited } = finalOrder(sql)
  const answer = await ask(sql)
  const ordered = keys.length > 0
  const sorted = sortColumns(keys, answer)
  let all: Answer | undefined
  return {
    answer,
    async difference(actual) {
      const strict = answerDifference(actual, answer, ordered)
      if (strict === undefined || (!ordered && limit === undefined)) return strict
      if (actual.rows.length !== answer.rows.length) return strict
      const inOrder = answerDifference(only(actual, sorted), only(answer, sorted), ordered)
      if (inOrder !== undefined) return `${strict}; of its order ${inOrder}`
      if (answer.rows.length !== limit) return answerDifference(actual, answer, false)
      all ??= await ask(unlimited)
      const [beyond] = rowsBeyond(actual, all)
      return beyond === undefined ? undefined : `${strict}; no row is (${beyond.join(', ')})`
    },
  }
}

/** The output columns that the rows are sorted by, as far as the keys are output columns. */
function sortColumns(keys: readonly string[], { columns }: Answer): readonly number[] {
  return keys.flatMap((key) => {
    if (/^\d+$/.test(key)) return [Number(key) - 1]
    const name = /^(?:\w+\.)?(\w+)$/.exec(key)?.[1]?.toLowerCase()
    const at = columns.findIndex((column) => column.name.toLowerCase() === name)
    return at < 0 ? [] : [at]
  })
}

function only({ columns, rows }: Answer, wanted: readonly number[]): Answer {
  const pick = <T>(row: readonly T[]): readonly T[] => row.filter((_, at) => wanted.includes(at))
  return { columns: pick(columns), rows: rows.map(pick) }
}
