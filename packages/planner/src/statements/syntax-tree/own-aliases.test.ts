import { quoteLiteral } from '@arbalest/common'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rewriteTables } from './rewrite-tables.js'
import { readSyntaxTree, writeSyntaxTree } from './syntax-tree.js'

let connection: DuckDBConnection
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
})
afterAll(() => connection.closeSync())

const text = async (call: string, argument: string): Promise<string> =>
  String((await connection.runAndReadAll(`SELECT ${call}(${quoteLiteral(argument)})`)).getRowsJson()[0]?.[0])

/** The text with `schema_table` in the place of each table. */
async function rewritten(sql: string): Promise<string> {
  const tree = readSyntaxTree(await text('json_serialize_sql', sql), sql)
  const replaced = rewriteTables(tree, (reference) => (reference.kind === 'name'
    ? { kind: 'table', name: `${reference.schema ?? 'main'}_${reference.name}` }
    : undefined))
  return text('json_deserialize_sql', writeSyntaxTree(replaced))
}

test.each([
  ['select a.t.x, b.t.x from a.t, b.t', 'SELECT "a.t".x, "b.t".x FROM a_t AS "a.t" , b_t AS "b.t"'],
  ['select a.t.x from a.t', 'SELECT t.x FROM a_t AS t'],
  ['select a.t.x from a.t, b.t as u', 'SELECT t.x FROM a_t AS t , b_t AS u'],
  ['select t.x from a.t where exists (from b.t where b.t.x = 1)',
    'SELECT t.x FROM a_t AS t WHERE EXISTS(SELECT * FROM b_t AS t WHERE (t.x = 1))'],
  ['select a.t.x from a.t, b.t where exists (from a.t where a.t.x = 1)',
    'SELECT "a.t".x FROM a_t AS "a.t" , b_t AS "b.t" WHERE EXISTS(SELECT * FROM a_t AS t WHERE (t.x = 1))'],
])('%s', async (sql, expected) => expect(await rewritten(sql)).toBe(expected))
