/** A fragment's SQL with its inputs in front of it. */
import { quoteIdentifier } from '@arbalest/common'
import { inputViewSql, sliceViewSql, type EngineAttempt } from '@arbalest/plan'

/**
 * Inputs are common table expressions that DuckDB puts in place where they are read. A view would be bound
 * once when it is made and again where it is read, and each binding reads the footers of its files.
 */
export function fragmentSql({ sql, inputs, slice }: Pick<EngineAttempt, 'sql' | 'inputs' | 'slice'>): string {
  const named = inputs.map((input) => ({ name: input.name, select: inputViewSql(input) }))
  if (sql.includes(sliceName) && !ownSlice.test(sql)) named.push({ name: sliceName, select: sliceViewSql(slice) })
  if (named.length === 0) return sql
  const list = named.map(({ name, select }) => `${quoteIdentifier(name)} AS NOT MATERIALIZED (${select}\n)`).join(',\n')
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
