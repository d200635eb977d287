/** The rows that an UPDATE or DELETE means: how many there are, and the files of the table in which they are. */
import { limits, present, quoteIdentifier } from '@arbalest/common'
import { nextToken, type TextPiece } from '@arbalest/planner'
import type { PreparedQuery } from '@arbalest/plan'
import type { ExecuteEvent } from '@arbalest/protocol'
import type { StatementContext } from '../statements/statement-context.js'
import type { ManagedEntry } from './commit-version.js'
import { compose } from './composed-text.js'
import type { ManagedColumn, ManagedFile } from './managed-table.js'
import { openFiles } from './open-files.js'
import { readFirstRow } from './read-count.js'
import { filesRead } from './rewrite-table.js'
import { warehouseFor } from './warehouse.js'

type Part = string | TextPiece

export interface RowsToFind {
  /** The table's name in the condition. */
  readonly alias: string
  readonly before: readonly Part[]
  /** Tables before the one that is changed, with their comma. */
  readonly others: readonly Part[]
  readonly condition: readonly Part[]
}

export interface Hits {
  /** Pairs of rows where there are other tables. */
  readonly count: number
  /** Paths of all files of the table that were looked at. */
  readonly looked: readonly string[]
  /** The files in which rows are meant; undefined where that is not known. */
  readonly files: readonly ManagedFile[] | undefined
}

export async function* findHits(
  table: ManagedEntry,
  rows: RowsToFind,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, Hits> {
  const { name, managed } = table
  const { alias, before, others, condition } = rows
  const pathColumn = freeName(managed.columns, 'arbalest_file')
  const source = managed.files.length > 1 && seesColumnsOnly(rows)
    ? await openFiles(table, managed.files, context, pathColumn)
    : undefined
  try {
    const from = source === undefined ? name : source.name
    const path = source === undefined ? 'NULL::VARCHAR' : `${quoteIdentifier(alias)}.${pathColumn}`
    const target = `${quoteIdentifier(from.schema)}.${quoteIdentifier(from.name)} AS ${quoteIdentifier(alias)}`
    const query = compose(
      ...before, 'SELECT CAST(coalesce(sum(n), 0) AS BIGINT) AS n, ',
      `CASE WHEN count(*) <= ${limits.hitFilesMax} THEN list(f) END AS f `,
      `FROM (SELECT ${path} AS f, count(*) AS n FROM `, ...others, `${target} WHERE `, ...condition, ' GROUP BY 1)')
    const { row: [count, list], planned } = yield* readFirstRow(query, context)
    const isKnown = source !== undefined && list !== null && isRepeatable(planned)
    const paths = isKnown ? new Set(list as Iterable<string>) : undefined
    const directory = warehouseFor('this statement', context.warehouse).directoryOf(managed.tableId)
    return {
      count: Number(present(count, 'a count is a number')),
      looked: filesRead(planned, directory),
      files: paths && withLittleBetween(managed.files, (file) => paths.has(file.path)),
    }
  } finally {
    await source?.close()
  }
}

/** A name that no column of the table has. */
export function freeName(columns: readonly ManagedColumn[], wanted: string): string {
  let name = wanted
  while (columns.some((column) => column.name.toLowerCase().startsWith(name))) name += '_'
  return name
}

/** Rows keep their order where little lies between the files: that is written along. */
function withLittleBetween(
  files: readonly ManagedFile[],
  isHit: (file: ManagedFile) => boolean,
): readonly ManagedFile[] {
  const range = files.slice(files.findIndex(isHit), files.findLastIndex(isHit) + 1)
  const between = range.reduce((sum, file) => sum + (isHit(file) ? 0 : file.sizeBytes), 0)
  return between <= limits.smallTableFileBytes ? range : files.filter(isHit)
}

const perhapsOther = /\b(?:(?:random|gen_random_uuid|uuid|uuidv4|uuidv7)"?\s*\(|(?:limit|sample|tablesample)\b)/i

/** Whether the same rows are meant when it is computed again. */
const isRepeatable = ({ whole: { sql, prelude = [] } }: PreparedQuery): boolean =>
  ![sql, ...prelude].some((text) => perhapsOther.test(text))

/** Whether the condition means columns by their names, and not all of a row, which would have one more of them. */
const seesColumnsOnly = ({ alias, before, others, condition }: RowsToFind): boolean =>
  [...before, ...others, ...condition].every((part) => typeof part === 'string' || !namesRow(part.sql, alias))

function namesRow(sql: string, alias: string): boolean {
  let last = ''
  for (let token = nextToken(sql, 0); token; token = nextToken(sql, token.end)) {
    const word = token.kind === 'word' || token.kind === 'quoted' ? token.value.toLowerCase() : ''
    if (word === 'columns' || word === 'natural') return true
    // After these words it is the table itself.
    if (word === alias.toLowerCase() && last !== 'from' && last !== 'join') {
      const dot = nextToken(sql, token.end)
      if (dot?.text !== '.' || nextToken(sql, dot.end)?.text === '*') return true
    }
    last = word
  }
  return false
}
