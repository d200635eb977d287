/** First phases of aggregates that tasks leave out because their own rows hardly have groups in common. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
const rows = 'rows/*.parquet'
beforeAll(async () => {
  lab = await startStatementLab()
  const columns = "i, i % 5000 AS few, 'text ' || i AS wide, CASE WHEN i % 3 > 0 THEN i::DECIMAL(12, 2) END AS d"
  await lab.copy(`SELECT ${columns} FROM range(250000) r(i)`, 'rows/a.parquet')
  await lab.copy(`SELECT ${columns} FROM range(249000, 500000) r(i)`, 'rows/b.parquet')
})
afterAll(() => lab?.close())

const calls = [
  'count(*)', 'count(d)', 'count(*) FILTER (WHERE few > 9)', 'count(d) FILTER (WHERE few > 9)', 'sum(d)', 'sum(i)',
  'sum(d) FILTER (WHERE few > 9)', 'avg(d)', 'min(wide)', 'max(d) FILTER (WHERE few < 9)', 'bool_and(few > 9)',
  'bit_xor(few)', 'count_if(d > 9)', 'product(few)', 'any_value(wide)', 'first(i)', 'sum(few::DOUBLE)',
]
/** Calls whose value hangs on the order of the rows where there are several. */
const ordered = /^(product|any_value|first)/
const summed = (group: string, where = '', asked = calls) => {
  const names = asked.map((_, index) => `v${index}`)
  const values = asked.map((call, index) => `${call} AS v${index}`).join(', ')
  const inner = `SELECT ${values} FROM '${rows}' ${where} GROUP BY ${group}`
  const list = names.map((name) => `count(${name}) AS n_${name}, sum(hash(${name})::HUGEINT) AS h_${name}`).join(', ')
  return `SELECT count(*) AS groups, ${list} FROM (${inner})`
}

test.each([
  ['a computed text', "concat(wide, '!')", ''],
  ['a number, filtered', 'i', 'WHERE i > 100'],
])('where hardly any repeats, by %s', async (_, group, where) => {
  const sql = summed(group, where)
  const plan = (await lab.rows(`EXPLAIN ANALYZE ${sql}`)).join('\n')
  expect(plan).toMatch(/2 of 2 without a first phase/)
  expect(await lab.stagesOf(sql)).toBe(3)
})
test('not where groups repeat', async () => {
  const sql = summed('few + 0', '', calls.filter((call) => !ordered.test(call)))
  const plan = (await lab.rows(`EXPLAIN ANALYZE ${sql}`)).join('\n')
  expect(plan).not.toMatch(/without a first phase/)
  expect(await lab.stagesOf(sql)).toBeGreaterThan(1)
})
