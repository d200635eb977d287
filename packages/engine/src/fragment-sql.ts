/** A fragment's SQL with its inputs in front of it. */
import { quoteIdentifier } from '@arbalest/common'
import { inputViewSql, sliceViewSql, type EngineAttempt } from '@arbalest/plan'

/**
 * Inputs stand in place of their names where the text reads each by an alias, as a query's own text does; else they
 * are common table expressions in front of it. (DuckDB computes a query's own table expressions once over what
 * stands in place, but several times over other table expressions: TPC-DS q27, 2.2 times as long.) A view would be
 * bound once when it is made and again where it is read, and each binding reads the footers of its files. `no` is
 * how the inputs' SQL says false.
 */
export function fragmentSql(
  { sql, inputs, slice }: Pick<EngineAttempt, 'sql' | 'inputs' | 'slice'>,
  no?: string,
): string {
  const selects = new Map(inputs.map((input) => [input.name, inputViewSql(input, no)]))
  const placed = new Set([...selects.keys()].filter((name) => isReadByAlias(sql, name)))
  const inFront = [...selects].filter(([name]) => !placed.has(name)).map(([name, select]) => ({ name, select }))
  if (sql.includes(sliceName) && !ownSlice.test(sql)) inFront.push({ name: sliceName, select: sliceViewSql(slice) })
  const text = placed.size === 0 ? sql : sql.replace(/\b\w+\b/g, (word) =>
    placed.has(word) ? `(${selects.get(word)}\n)` : word)
  return withInFront(text, inFront)
}

/** Whether the name is there, and always as a table with an alias. */
function isReadByAlias(sql: string, name: string): boolean {
  const [, ...after] = sql.split(new RegExp(String.raw`\b${name}\b`, 'i'))
  return after.length > 0 && after.every((rest) => /^ AS \S/.test(rest))
}

function withInFront(
  sql: string,
  expressions: readonly { readonly name: string, readonly select: string }[],
): string {
  if (expressions.length === 0) return sql
  const list = expressions
    .map(({ name, select }) => `${quoteIdentifier(name)} AS NOT MATERIALIZED (${select}\n)`)
    .join(',\n')
  const own = /^\s*WITH(\s+RECURSIVE)?\s+/i.exec(sql)
  if (own === null) return `WITH ${list}\n${sql}`
  const [keywords, recursive = ''] = own
  return `WITH${recursive} ${list},\n${sql.slice(keywords.length)}`
}

/**
 * What runs before a fragment. Macros are bound when they are made: the inputs are views then, and where a macro
 * is put in place the fragment's table expressions of the same names are nearer.
 */
export function preludeStatements(
  { prelude = [], inputs }: Pick<EngineAttempt, 'prelude' | 'inputs'>,
): readonly string[] {
  if (prelude.length === 0) return []
  const views = inputs.map((input) => `CREATE TEMP VIEW ${quoteIdentifier(input.name)} AS ${inputViewSql(input)}`)
  return [...views, ...prelude]
}

const sliceName = 'task_slice'
/** A query that runs whole may have a table expression of that name; it reads no slice. */
const ownSlice = /\btask_slice"?\s*(\([^()]*\)\s*)?AS\b/i
