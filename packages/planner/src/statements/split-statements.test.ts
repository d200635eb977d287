import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { beforeAll, describe, expect, test } from 'vitest'
import { splitStatements } from './split-statements.js'

let connection: DuckDBConnection
beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  connection = await instance.connect()
})

const corpus: readonly string[] = [
  'select 1',
  'select 1;',
  'select 1; ; select 2',
  'select 1;;--x\n/* y */;',
  "select ';'; select 2",
  "select 'it''s;'; select 2",
  'select "a"";b" from (select 1 as "a"";b"); select 2',
  "select '\\'; select 2",
  "select E'\\'; select 2'",
  "select e'\\\\'; select 2",
  "select E'a''b;\\''; select 1",
  "select X'a;b'; select 2",
  'select $$ ; $$ ; select 1',
  'select $a$;$b$;$a$; select 2',
  'select $é$;$é$; select 2',
  'select $_a1$;$_a1$; select 2',
  'select $1; select 2',
  'select $a ; select 2',
  'select 1 as a$b; select 2',
  '/* a /* b; */ ; */ select 1',
  '/**/select 1/***/;/*/**/;*/select 2',
  'select 1 -- ;\n; select 2',
  'select 1 -- ;\r; select 2',
  'select 1 --',
  'select 1/*;*/; select 2',
  'select 1 -/* ; */- 2; select 2',
  'select a--b\n;select 2',
  'select 1 */*;*/ 2; select 3',
  "select 'a'\n'b;c'; select 2",
  "select '😀;' ; select 2 -- 😀;",
  'select 1 as "😀"; select 2',
  'select 1 as größe; select 2',
  'select \u00a01; select 2',
  '\ufeffselect 1; select 2',
  'select 1;\u00a0;select 2',
  'select 1\u2003;\u3000select 2',
  "select {'a': 1}; select [1, 2][1]; select 1::int",
  'create macro f(x) as (select 1); select 2',
  "select n'a;b'; select 1",
  "insert into t values (';'); update t set a = 1 where b = ';'",
]

describe('the count agrees with DuckDB', () => {
  test.each(corpus)('%j', async (text) => {
    const extracted = await connection.extractStatements(text)
    expect(splitStatements(text)).toHaveLength(extracted.count)
  })
})

const unfinished: readonly string[] = [
  "select 'abc; select 2",
  'select "a; select 2',
  'select $a$; $b$; 1',
  'select 1 /* ; */ /* ;',
]

test.each(unfinished)('an unfinished quote takes the rest: %j', async (text) => {
  await expect(connection.extractStatements(text)).rejects.toThrow(/unterminated/)
  expect(splitStatements(text)).toEqual([{ text, start: 0 }])
})

test('empty and comment-only texts have no statement', () => {
  for (const text of ['', '  \n', ';', ' ; ; ', '-- a', '/* a; /* b */ */', '--;\n;/* ; */']) {
    expect(splitStatements(text)).toEqual([])
  }
})

test('the start is where the trimmed statement stands, in UTF-16 units', () => {
  const text = "-- 😀\n select '😀' ;\n  /* x */ select 2 /* y */ ; "
  const statements = splitStatements(text)
  expect(statements.map((statement) => statement.text)).toEqual(["select '😀'", 'select 2'])
  for (const { text: part, start } of statements) {
    expect(text.slice(start, start + part.length)).toBe(part)
  }
})

test('a long text takes linear time', () => {
  const text = `${"select 'a', \"b\", $$c$$ /* d */;\n".repeat(20_000)}select 1`
  expect(splitStatements(text)).toHaveLength(20_001)
})
