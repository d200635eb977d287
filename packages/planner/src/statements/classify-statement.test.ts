import { QueryError } from '@arbalest/common'
import { describe, expect, test } from 'vitest'
import { classifyStatement } from './classify-statement.js'

function failure(text: string): { code: string; message: string; position: number | undefined } {
  try {
    classifyStatement(text)
  } catch (error) {
    if (error instanceof QueryError) {
      return { code: error.code, message: error.message, position: error.position }
    }
    throw error
  }
  throw new Error(`not refused: ${text}`)
}

describe('queries', () => {
  test.each([
    'select 1',
    'WITH x AS (SELECT 1) SELECT * FROM x',
    'from t',
    'values (1), (2)',
    'table t',
    '((select 1) union (select 2))',
    'pivot t on a in (1, 2) using sum(b)',
    'unpivot t on a, b',
    'summarize t',
    'with t as (select 1) from t pivot (sum(b) for a in (1))',
    'with "insert" as (select 1) select "insert" from "insert"',
  ])('%s', (text) => expect(classifyStatement(text)).toEqual({ kind: 'select', sql: text }))

  test('offsets of a query stay those of the statement, what follows is cut off', () => {
    const text = '/* a */ select 1 ; -- b'
    expect(classifyStatement(text)).toEqual({ kind: 'select', sql: '/* a */ select 1' })
  })

  test('what DuckDB does not take as SELECT is refused', () => {
    const code = 'NOT_IN_THIS_VERSION'
    expect(failure('explain with x as (select 1) insert into t from x')).toMatchObject({ code, position: 29 })
    expect(failure('with x as (select 1) merge into t using x on a')).toMatchObject({ code, position: 21 })
    expect(failure('explain pivot t on a using sum(b)')).toMatchObject({ code, position: 16 })
    expect(classifyStatement('pivot t on a, b in (1), c using sum(d)')).toMatchObject({
      kind: 'pivot', source: 't', open: [{ sql: 'a', sqlStart: 11 }, { sql: 'c', sqlStart: 24 }],
    })
  })
})

test('statements that write may have table expressions before them', () => {
  const text = 'with recursive x(a) as not materialized (select 1), y as (from x) delete from t using y'
  expect(classifyStatement(text)).toMatchObject({
    kind: 'delete', name: ['t'], using: { sql: 'y', sqlStart: 86 },
    with: { sql: text.slice(0, 65), sqlStart: 0, names: ['x', 'y'], ends: [50, 65] },
  })
  expect(classifyStatement('with insert as (select 1) from insert')).toMatchObject({ kind: 'select' })
})

describe('explain', () => {
  const plain = { kind: 'explain', analyze: false, verbose: false, format: 'text' }
  test.each([
    ['explain select 1', {}],
    ['EXPLAIN ANALYZE select 1', { analyze: true }],
    ['explain analyze verbose select 1', { analyze: true, verbose: true }],
    ['explain verbose format json select 1', { verbose: true, format: 'json' }],
    ['explain (analyze, format json) select 1', { analyze: true, format: 'json' }],
    ['explain (analyze false, verbose on, format text) select 1', { verbose: true }],
    ["explain (format 'json') select 1", { format: 'json' }],
  ])('%s', (text, facts) => {
    const sqlStart = text.indexOf('select')
    expect(classifyStatement(text)).toEqual({ ...plain, sql: 'select 1', sqlStart, ...facts })
  })

  test('a query in parentheses is not a list of options', () => {
    const statement = classifyStatement('explain (select 1)')
    expect(statement).toMatchObject({ ...plain, sql: '(select 1)', sqlStart: 8 })
  })

  test('refusals', () => {
    expect(failure('explain')).toMatchObject({ code: 'SYNTAX_ERROR', position: 7 })
    expect(failure('explain format tree select 1')).toMatchObject({
      code: 'NOT_IN_THIS_VERSION',
      position: 15,
    })
    expect(failure('explain insert into t select 1')).toMatchObject({
      code: 'NOT_IN_THIS_VERSION',
      position: 8,
    })
    expect(failure('explain (analyze, costs) select 1')).toMatchObject({
      code: 'SYNTAX_ERROR',
      position: 18,
    })
  })
})

describe('create view and drop', () => {
  test('create view', () => {
    expect(classifyStatement('create view v as select 1;')).toEqual({
      kind: 'create-view',
      name: ['v'],
      orReplace: false,
      ifNotExists: false,
      temporary: false,
      columns: undefined,
      sql: 'select 1',
      sqlStart: 17,
    })
    expect(classifyStatement('create or replace view main."a.b" (x, "Y") as from t')).toMatchObject({
      name: ['main', 'a.b'],
      orReplace: true,
      columns: ['x', 'Y'],
      sql: 'from t',
    })
    expect(classifyStatement('create view if not exists v as values (1)')).toMatchObject({
      ifNotExists: true,
    })
  })

  test('create macro and create type', () => {
    expect(classifyStatement('create temp macro f(a, b int := g(1, 2)) as a + b, (c) as f(c, 1)')).toMatchObject({
      kind: 'create-macro',
      name: ['f'],
      temporary: true,
      definitions: [
        {
          parameters: [
            { name: 'a', type: undefined, defaultValue: undefined },
            { name: 'b', type: 'int', defaultValue: 'g(1, 2)' },
          ],
          isTable: false,
          body: 'a + b',
          bodyStart: 44,
        },
        { isTable: false, body: 'f(c, 1)' },
      ],
    })
    expect(classifyStatement('create or replace function f() as table select 1, (2) as b')).toMatchObject({
      orReplace: true,
      definitions: [{ parameters: [], isTable: true, body: 'select 1, (2) as b' }],
    })
    expect(classifyStatement("create type t as enum ('a', 'b')"))
      .toMatchObject({ kind: 'create-type', isQuery: false, sql: "enum ('a', 'b')", sqlStart: 17 })
    expect(classifyStatement('create type t as enum (select a from b)'))
      .toMatchObject({ isQuery: true, sql: 'select a from b', sqlStart: 23 })
  })

  test('drop', () => {
    expect(classifyStatement('drop table t')).toEqual({
      kind: 'drop',
      object: 'table',
      name: ['t'],
      ifExists: false,
    })
    expect(classifyStatement('DROP VIEW IF EXISTS a.b.c RESTRICT')).toEqual({
      kind: 'drop',
      object: 'view',
      name: ['a', 'b', 'c'],
      ifExists: true,
    })
  })

  test.each([
    ['create schema s', { kind: 'create-schema', name: ['s'], ifNotExists: false }],
    ['create schema if not exists a.s', { kind: 'create-schema', name: ['a', 's'], ifNotExists: true }],
    ['drop schema s', { kind: 'drop-schema', name: ['s'], ifExists: false, cascade: false }],
    ['drop schema if exists s cascade', { kind: 'drop-schema', name: ['s'], ifExists: true, cascade: true }],
    ['use "S"', { kind: 'use', name: ['S'] }],
    ['show schemas', { kind: 'show-schemas' }],
    ['drop macro table if exists s.m', {
      kind: 'drop-definition', object: 'macro', isTable: true, name: ['s', 'm'], ifExists: true, cascade: false,
    }],
    ['prepare p as select ?', { kind: 'prepare', name: 'p', sql: 'select ?', sqlStart: 13 }],
    ['deallocate prepare p', { kind: 'deallocate', name: 'p' }],
    ['deallocate all', { kind: 'deallocate', name: undefined }],
    ['execute p', { kind: 'execute', name: 'p', arguments: [] }],
    ['execute p(-1, a := f(1, [2]) + 1)', {
      kind: 'execute',
      name: 'p',
      arguments: [
        { name: undefined, sql: '-1', sqlStart: 10, isLiteral: true },
        { name: 'a', sql: 'f(1, [2]) + 1', sqlStart: 19, isLiteral: false },
      ],
    }],
  ])('%s', (text, statement) => expect(classifyStatement(text)).toEqual(statement))

  test.each([
    ['create temp schema v', 'NOT_IN_THIS_VERSION', 7],
    ['create schema', 'SYNTAX_ERROR', 13],
    ['create or replace schema s', 'SYNTAX_ERROR', 18],
    ['use a.b.c', 'SYNTAX_ERROR', 7],
    ['prepare p as', 'SYNTAX_ERROR', 12],
    ['prepare p as execute q', 'SYNTAX_ERROR', 13],
    ['prepare p (int) as select 1', 'NOT_IN_THIS_VERSION', 10],
    ['execute p(1', 'SYNTAX_ERROR', 11],
    ['execute p(,)', 'SYNTAX_ERROR', 10],
    ['create macro f(x) x', 'SYNTAX_ERROR', 18],
    ['create macro f(x) as table x', 'SYNTAX_ERROR', 27],
    ['create type t as', 'SYNTAX_ERROR', 16],
    ['create type t as enum ()', 'NOT_IN_THIS_VERSION', 17],
    ['create secret s (type s3)', 'NOT_ALLOWED', 7],
    ['create viw v as select 1', 'SYNTAX_ERROR', 7],
    ['create view v', 'SYNTAX_ERROR', 13],
    ['create view v as insert into t select 1', 'NOT_IN_THIS_VERSION', 17],
    ['create or replace view if not exists v as select 1', 'SYNTAX_ERROR', 23],
    ['create view a.b.c.d as select 1', 'SYNTAX_ERROR', 17],
    ['drop index m', 'NOT_IN_THIS_VERSION', 5],
    ['drop table t cascade', 'NOT_IN_THIS_VERSION', 13],
    ['drop table a, b', 'SYNTAX_ERROR', 12],
    ['drop table', 'SYNTAX_ERROR', 10],
  ])('%s', (text, code, position) => expect(failure(text)).toMatchObject({ code, position }))
})

describe('show and describe', () => {
  test.each([
    ['show tables', { kind: 'show-tables', schema: undefined }],
    ['show tables from s', { kind: 'show-tables', schema: 's' }],
    ['SHOW ALL TABLES', { kind: 'show-tables' }],
    ['show columns from t', { kind: 'show-columns', name: ['t'] }],
    ['show columns in main."T"', { kind: 'show-columns', name: ['main', 'T'] }],
    ['show all', { kind: 'show-all' }],
    ['show arbalest.distribute', { kind: 'show-setting', name: 'arbalest.distribute' }],
    ['show time zone', { kind: 'show-setting', name: 'TimeZone' }],
    ['describe t', { kind: 'describe', name: ['t'] }],
    ['desc table a.t', { kind: 'describe', name: ['a', 't'] }],
    ["describe 'x/*.parquet'", { kind: 'describe', name: ['x/*.parquet'] }],
    ['describe select 1', { kind: 'describe-query', sql: 'select 1', sqlStart: 9 }],
    ['desc (from t)', { kind: 'describe-query', sql: '(from t)', sqlStart: 5 }],
  ])('%s', (text, statement) => expect(classifyStatement(text)).toEqual(statement))

  test.each([
    ['show functions', 'NOT_IN_THIS_VERSION', 5],
    ['show', 'SYNTAX_ERROR', 4],
    ['show columns t', 'SYNTAX_ERROR', 13],
    ['show tables like x', 'NOT_IN_THIS_VERSION', 12],
    ['describe', 'SYNTAX_ERROR', 8],
    ['describe t u', 'SYNTAX_ERROR', 11],
    ["describe 'abc", 'SYNTAX_ERROR', 9],
  ])('%s', (text, code, position) => expect(failure(text)).toMatchObject({ code, position }))
})

describe('set and reset', () => {
  test.each([
    ['set a.b = 1', { kind: 'set', name: 'a.b', value: '1' }],
    ["set a.b = 'it''s'", { kind: 'set', name: 'a.b', value: "it's" }],
    ['set session x to true', { kind: 'set', name: 'x', value: 'true' }],
    ['set session = 1', { kind: 'set', name: 'session', value: '1' }],
    ['set x = -1.5', { kind: 'set', name: 'x', value: '-1.5' }],
    ['set x = 64 MiB', { kind: 'set', name: 'x', value: '64 MiB' }],
    ['set x = 64MiB', { kind: 'set', name: 'x', value: '64MiB' }],
    ['set datestyle = ISO, MDY', { kind: 'set', name: 'datestyle', value: 'ISO, MDY' }],
    ["SET TIME ZONE 'Europe/Berlin'", { kind: 'set', name: 'TimeZone', value: 'Europe/Berlin' }],
    ['set time zone local', { kind: 'reset', name: 'TimeZone' }],
    ['set x = default', { kind: 'reset', name: 'x' }],
    ['reset a.b', { kind: 'reset', name: 'a.b' }],
    ['reset session a.b', { kind: 'reset', name: 'a.b' }],
    ['reset all', { kind: 'reset', name: undefined }],
  ])('%s', (text, statement) => expect(classifyStatement(text)).toEqual(statement))

  test.each([
    ['set', 'SYNTAX_ERROR', 3],
    ['set x', 'SYNTAX_ERROR', 5],
    ['set x =', 'SYNTAX_ERROR', 7],
    ['set x = (1)', 'SYNTAX_ERROR', 10],
    ["set x = 'a", 'SYNTAX_ERROR', 8],
    ['set global x = 1', 'NOT_ALLOWED', 4],
    ['set variable x = 1', 'NOT_IN_THIS_VERSION', 4],
    ['reset', 'SYNTAX_ERROR', 5],
    ['reset a b', 'SYNTAX_ERROR', 8],
  ])('%s', (text, code, position) => {
    const actual = failure(text)
    expect(actual.code).toBe(code)
    expect(actual.position).toBe(position)
  })
})

describe('refused statements', () => {
  test.each(['ATTACH', 'DETACH', 'INSTALL', 'LOAD', 'EXPORT', 'IMPORT', 'PRAGMA', 'CALL',
    'CHECKPOINT', 'GRANT'])('%s is not allowed', (word) => {
    const actual = failure(`  ${word.toLowerCase()} x`)
    expect(actual).toMatchObject({ code: 'NOT_ALLOWED', position: 2 })
    expect(actual.message).toContain(word)
  })
  test.each(['MERGE', 'BEGIN', 'COMMIT', 'SAVEPOINT'])('%s is not in this version', (word) => {
    expect(failure(`/**/${word} x`)).toMatchObject({ code: 'NOT_IN_THIS_VERSION', position: 4 })
  })
  test('a typing error gets a hint', () => {
    expect(failure('SELCT 1')).toEqual({
      code: 'SYNTAX_ERROR',
      message: 'no statement begins with SELCT; did you mean SELECT?',
      position: 0,
    })
    expect(failure('selcet 1').message).toContain('did you mean SELECT?')
    expect(failure('desribe x').message).toContain('did you mean DESCRIBE?')
    expect(failure('hello world').message).toBe('no statement begins with hello')
  })
  test('texts that are not one statement', () => {
    expect(failure(' -- a').code).toBe('STATEMENT_EMPTY')
    expect(failure('select 1; select 2')).toMatchObject({ code: 'SYNTAX_ERROR', position: 10 })
    expect(failure('select 1\0; drop table t')).toMatchObject({ code: 'SYNTAX_ERROR', position: 8 })
    expect(failure('"a" b')).toMatchObject({ code: 'SYNTAX_ERROR', position: 0 })
    expect(failure("'😀' b")).toMatchObject({ code: 'SYNTAX_ERROR', position: 0 })
  })
})
