import { parseDataType, sameType, typeToSql } from '@arbalest/common'
import { typeSamples } from '@arbalest/plan/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPlanningInstance, type PlanningInstance } from './planning-instance.js'
import { columnsOf } from './testing/test-bench.js'

describe('the planning instance', () => {
  let planning: PlanningInstance
  let stub: string
  beforeAll(async () => {
    planning = await createPlanningInstance()
    stub = await planning.registerStub({
      schema: 'main',
      name: 't',
      rows: 12_345,
      columns: columnsOf({
        a: 'BIGINT',
        h: 'HUGEINT',
        e: "ENUM('x', 'y')",
        d: 'DATE',
        'it\'s "q"': 'INTERVAL',
      }),
    })
  })
  afterAll(() => planning.close())

  /** Operators of a plan by name, outermost first. */
  const operatorsOf = async (sql: string) => {
    const json = JSON.parse(await planning.planJson(sql)) as { plans?: unknown[] }
    const found: Record<string, unknown>[] = []
    const visit = (node: Record<string, unknown>) => {
      found.push(node)
      for (const child of (node['children'] ?? []) as Record<string, unknown>[]) visit(child)
    }
    for (const plan of json.plans ?? []) visit(plan as Record<string, unknown>)
    return found
  }

  test("plans read the stub file with the catalog's types, without casts, and filters go into the scan", async () => {
    const operators = await operatorsOf(
      "SELECT h FROM t WHERE h > 5 AND e IS NOT NULL AND a = 3 AND d < DATE '2020-01-01'",
    )
    expect(JSON.stringify(operators)).not.toContain('BOUND_CAST')
    const get = operators.find(({ type }) => type === 'LOGICAL_GET')!
    expect((get['function_data'] as { files: string[] }).files).toEqual([stub])
    expect((get['returned_types'] as { id: string }[]).map(({ id }) => id)).toEqual([
      'BIGINT',
      'HUGEINT',
      'ENUM',
      'DATE',
      'INTERVAL',
    ])
    expect(
      (get['table_filters'] as { filters: { key: number }[] }).filters.map(({ key }) => key).sort(),
    ).toEqual([0, 1, 2, 3])
  })

  test.each(typeSamples.map(({ type }) => ({ type })).filter(({ type }) => type !== '"NULL"'))(
    'a column of $type keeps its type',
    async ({ type }) => {
      const parsed = parseDataType(type)
      await planning.registerStub({
        schema: 'types',
        name: 'one',
        rows: 0,
        columns: [{ name: 'v', type: parsed }],
      })
      const [column] = await planning.describe('SELECT v FROM types.one WHERE v IS NOT NULL')
      expect(typeToSql(column!.type)).toBe(typeToSql(parsed))
      expect(sameType(column!.type, parsed)).toBe(true)
      const operators = await operatorsOf('SELECT v FROM types.one WHERE v IS NOT NULL')
      expect(operators.length).toBeGreaterThan(0)
      expect(JSON.stringify(operators)).not.toContain('BOUND_CAST')
    },
  )

  test("the row count of the catalog stands in for the stub's", async () => {
    const counted = await planning.describe('SELECT count(*) FROM t')
    expect(counted).toEqual([{ name: 'count_star()', type: parseDataType('BIGINT') }])
  })

  test('names of columns are those that the rows would have', async () => {
    const columns = await planning.describe("SELECT row(1, 'x'), a + 1, {'A b': h} FROM t; ")
    expect(columns.map(({ name }) => name)).toEqual([
      'main."row"(1, \'x\')',
      '(a + 1)',
      'main.struct_pack("A b" := h)',
    ])
    expect(columns.map(({ type }) => type.kind)).toEqual(['struct', 'simple', 'struct'])
  })

  test('a table registered again is another file; a dropped one is unknown', async () => {
    const first = await planning.registerStub({
      schema: 's 1',
      name: 'u',
      rows: 1,
      columns: columnsOf({ a: 'INTEGER' }),
    })
    const second = await planning.registerStub({
      schema: 's 1',
      name: 'u',
      rows: 1,
      columns: columnsOf({ b: 'VARCHAR' }),
    })
    expect(second).not.toBe(first)
    expect(await planning.describe('SELECT * FROM "s 1".u')).toEqual(columnsOf({ b: 'VARCHAR' }))
    await planning.dropStub({ schema: 's 1', name: 'u' })
    await expect(planning.describe('SELECT * FROM "s 1".u')).rejects.toMatchObject({ code: 'UNKNOWN_TABLE' })
  })

  test('views are over stubs and other views', async () => {
    await planning.defineView({
      schema: 'main',
      name: 'v',
      sql: 'SELECT a AS x, h FROM t',
      columns: ['one', 'two'],
    })
    await planning.defineView({ schema: 'main', name: 'w', sql: 'SELECT two + 1 AS n FROM v' })
    expect(await planning.describe('FROM w')).toEqual(columnsOf({ n: 'HUGEINT' }))
    await planning.dropView({ schema: 'main', name: 'w' })
    await expect(planning.describe('FROM w')).rejects.toMatchObject({ code: 'UNKNOWN_TABLE' })
    await expect(
      planning.defineView({ schema: 'main', name: 'z', sql: 'SELECT é.nope FROM t é' }),
    ).rejects.toMatchObject({ code: 'UNKNOWN_COLUMN', position: 7 })
  })

  test('errors have a code and a place in UTF-16 units', async () => {
    const cases: readonly [string, string, number | undefined][] = [
      ["SELECT '🎯é', FROM WHERE", 'SYNTAX_ERROR', 19],
      ["SELECT '🎯é', nope FROM t", 'UNKNOWN_COLUMN', 14],
      ["SELECT '🎯é' FROM nope", 'UNKNOWN_TABLE', 18],
      ["SELECT '🎯é', nofunction(1)", 'UNKNOWN_FUNCTION', 14],
      ["SELECT '🎯é', a + DATE '2020-01-01' + 'x'::BLOB FROM t", 'BINDER_ERROR', undefined],
      ['SELECT 1; SELECT 2', 'EXECUTION_ERROR', undefined],
    ]
    for (const [sql, code, position] of cases) {
      const error = await planning.check(sql).then(
        () => undefined,
        (e: unknown) => e as { code: string; position: number },
      )
      expect([sql, error?.code], sql).toEqual([sql, code])
      if (position !== undefined) expect([sql, error?.position]).toEqual([sql, position])
    }
  })

  test('settings of a session change how its text is bound, and only that', async () => {
    expect(await planning.describe('SELECT 5 / 2 AS x', { integer_division: 'true' })).toEqual(
      columnsOf({ x: 'INTEGER' }),
    )
    expect(await planning.describe('SELECT 5 / 2 AS x')).toEqual(columnsOf({ x: 'DOUBLE' }))
    await expect(planning.describe('SELECT 1', { threads: '8' })).rejects.toMatchObject({
      code: 'EXECUTION_ERROR',
    })
  })

  test('syntax trees go out and come back as SQL', async () => {
    const json = await planning.syntaxTree("SELECT a, 'it''s' FROM t WHERE a > 1")
    expect(await planning.deserializeTree(json)).toBe("SELECT a, 'it''s' FROM t WHERE (a > 1)")
    expect(JSON.parse(await planning.syntaxTree('SELEC'))).toMatchObject({ error: true })
  })

  test('a plan that cannot be serialized optimized is given as bound', async () => {
    expect((await operatorsOf("SELECT '0101'::BIT AS b FROM t")).map(({ type }) => type)).toContain(
      'LOGICAL_GET',
    )
  })

  test('files of the host cannot be reached', async () => {
    for (const sql of [
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM '/etc/*.csv'",
      "SELECT * FROM glob('/etc/*')",
    ]) {
      await expect(planning.describe(sql), sql).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    }
  })

  test('deeply nested text is planned or refused, and does no harm', async () => {
    const sums = (depth: number) => `SELECT ${'('.repeat(depth)}a${' + 1)'.repeat(depth)} FROM t`
    expect(await planning.describe(sums(100))).toHaveLength(1)
    await expect(planning.describe(sums(5000))).rejects.toMatchObject({ code: 'SYNTAX_ERROR' })
    const subqueries = `${'SELECT * FROM ('.repeat(300)}SELECT a FROM t${')'.repeat(300)}`
    expect(await planning.describe(subqueries)).toHaveLength(1)
    expect(await planning.planJson(subqueries)).toContain('LOGICAL_GET')
    expect(await planning.describe('SELECT a FROM t')).toHaveLength(1)
  })

  test('many calls at once do not disturb each other', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => planning.describe(`SELECT a + ${at} AS c${at} FROM t`)),
    )
    expect(answers.map(([column]) => column!.name)).toEqual(Array.from({ length: 20 }, (_, at) => `c${at}`))
  })
})
