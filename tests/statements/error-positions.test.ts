import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab({ executors: 1 })
  await lab.copy("SELECT 1 AS n, 'x' AS s", 'one.parquet')
  await lab.run("CREATE EXTERNAL TABLE one STORED AS PARQUET LOCATION 'one.parquet'")
})
afterAll(() => lab?.close())

/** What the error is about stands between the brackets. */
const wrong = [
  ['UNKNOWN_TABLE', 'SELECT * FROM [nowhere]'],
  ['UNKNOWN_TABLE', "SELECT '😀😀' AS \"ü\", 1 FROM [nowhere]"],
  ['UNKNOWN_TABLE', 'WITH a AS (SELECT 1) SELECT * FROM a JOIN [nowhere] ON true'],
  ['UNKNOWN_COLUMN', 'SELECT [nothing] FROM one'],
  ['UNKNOWN_COLUMN', "SELECT '😀', n FROM one WHERE [nothing] > 1"],
  ['UNKNOWN_FUNCTION', "SELECT '😀', [no_such_function](n) FROM one"],
  ['SYNTAX_ERROR', "SELECT '😀' FROM one [WHERE]"],
  ['SYNTAX_ERROR', 'SELECT 1 [FRM] one x'],
] as const

const around = [
  ['alone', '', ''],
  ['after spaces and a comment with emoji', '  /* 😀 */\n ', ' -- the end'],
  ['EXPLAIN', 'EXPLAIN ANALYZE VERBOSE ', ''],
  ['EXPLAIN in parentheses', 'explain (format json, analyze) ', ''],
  ['CREATE VIEW', 'CREATE VIEW "😀" (a) AS ', ''],
  ['DESCRIBE', ' DESCRIBE ', ';'],
] as const

test.each(around.flatMap(([where, before, after]) =>
  wrong.map(([code, marked]) => ({ where, code, marked, before, after }))))(
  '$where: $code in $marked', async ({ code, marked, before, after }) => {
    const sql = before + marked.replace(/[[\]]/g, '') + after
    const error = await lab.failure(sql)
    expect(error.code).toBe(code)
    // DuckDB's parser may tell the end of the text where something is missing.
    const place = before.length + marked.indexOf('[')
    if (code !== 'SYNTAX_ERROR' || marked.includes('FRM')) expect([place, place + 4]).toContain(error.position)
    else expect(error.position).toBeGreaterThanOrEqual(place)
  },
)

test('what the grammar of statements refuses has its place in the text as sent', async () => {
  expect(await lab.failure('  -- 😀\n SELCT 1')).toMatchObject({ code: 'SYNTAX_ERROR', position: 9 })
  expect(await lab.failure('\n CREATE MATERIALIZED VIEW s')).toMatchObject({ code: 'NOT_IN_THIS_VERSION', position: 9 })
})

test('where another text was planned no place is told', async () => {
  for (const sql of [
    "SELECT nothing FROM 'one.parquet'",
    "EXPLAIN SELECT nothing FROM read_parquet('one.parquet') t",
    "CREATE VIEW v AS SELECT nothing FROM 'one.parquet'",
    "DESCRIBE SELECT nothing FROM 'one.parquet'",
  ]) {
    const error = await lab.failure(sql)
    expect(error, sql).toMatchObject({ code: 'UNKNOWN_COLUMN' })
    expect(error.position, sql).toBeUndefined()
  }
  expect((await lab.failure('DESCRIBE nowhere')).position).toBeUndefined()
})

test.each(['always', 'never'])('errors of running tell no place of a text that nobody wrote: %s', async (mode) => {
  await lab.run(`SET arbalest.distribute = ${mode}`)
  const error = await lab.failure('SELECT   CAST(max(s) AS INT)   FROM one')
  expect(error.code).toBe('EXECUTION_ERROR')
  expect([undefined, 9]).toContain(error.position)
})

test('the references of FROM to files have their place', async () => {
  const sql = "SELECT '😀' FROM 'one.orc/x'"
  expect(await lab.failure(sql)).toMatchObject({ code: 'UNKNOWN_TABLE', position: sql.indexOf("'one.orc") })
})
