/** CREATE TABLE, with columns or with the rows of a query. */
import { present, queryError, quoteIdentifier, simpleType, type Column } from '@arbalest/common'
import type { CreateTableStatement, TextPiece } from '@arbalest/planner'
import type { ExecuteEvent, StatementResult } from '@arbalest/protocol'
import { existingSchema } from '../catalog/name-lookup.js'
import type { QualifiedName } from '../planning/planner.js'
import { compose, type ComposedText } from '../tables/composed-text.js'
import { countResult } from '../tables/count-result.js'
import { keptDefault } from '../tables/default-value.js'
import { rowsOf, type ManagedFile, type ManagedTable } from '../tables/managed-table.js'
import { declaredBuckets } from '../tables/table-buckets.js'
import { entryOf } from '../tables/table-entry.js'
import { publishEntry } from '../tables/publish-entry.js'
import { warehouseFor } from '../tables/warehouse.js'
import { planned, writeRows, type WrittenRows } from '../tables/write-rows.js'
import { noRows } from '../text-result.js'
import { checkName, mayCreate } from './define-objects.js'
import { isTemporary, nameOfNew } from './new-name.js'
import type { StatementContext } from './statement-context.js'

/** @throws QueryError NO_WAREHOUSE, TABLE_EXISTS, and what the query throws */
export async function* createTable(
  statement: CreateTableStatement,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, StatementResult> {
  const warehouse = warehouseFor('CREATE TABLE', context.warehouse)
  const name = nameOfNew(statement, context)
  await checkName(name, context)
  if (!mayCreate(context.catalog.find(name), name, statement, 'table')) return noRows
  const tableId = warehouse.newTableId()
  const { query, checks } = statement
  if (query === undefined) {
    const columns = await declaredColumns(statement, name, context)
    const buckets = declaredBuckets(statement, columns)
    const texts = checks.map(({ sql }) => sql)
    await putTable({ name, tableId, columns, checks: texts, buckets, files: [] }, statement, context)
    return noRows
  }
  const bound = await planned(compose(query), context)
  const columns = namedColumns(statement, bound.columns)
  const buckets = declaredBuckets(statement, columns)
  let written: WrittenRows | undefined
  if (statement.withData) {
    const typed = typedQuery(query, bound.columns)
    written = yield* writeRows({ warehouse, tableId, columns, query: typed, buckets }, context)
  }
  const files = written?.files ?? []
  const managed = columns.map((column) => ({ ...column, notNull: false, defaultValue: undefined }))
  let isMade = false
  try {
    isMade = await putTable({ name, tableId, columns: managed, checks: [], buckets, files }, statement, context)
  } finally {
    if (!isMade) await warehouse.removeTable(tableId)
  }
  return isMade ? countResult(rowsOf(files), context.textResult, written?.status) : noRows
}

interface NewTable extends Pick<ManagedTable, 'tableId' | 'columns' | 'checks' | 'buckets'> {
  readonly name: QualifiedName
  readonly files: readonly ManagedFile[]
}

/** False when another statement has made it meanwhile and that is well. */
function putTable(
  { name, ...table }: NewTable,
  statement: CreateTableStatement,
  context: StatementContext,
): Promise<boolean> {
  const { catalog, resolver } = context
  return catalog.change(async () => {
    if (!isTemporary(name)) existingSchema(catalog, name.schema)
    if (!mayCreate(catalog.find(name), name, statement, 'table')) return false
    const entry = entryOf(name, { ...table, revision: 1, schemaRevision: 1 })
    await publishEntry(entry, context)
    await resolver.redefineViews(name)
    return true
  })
}

/** DuckDB's type of NULL as it stands in a type, not as the name of a field; bound, it would be another one. */
const typeOfNull = /"null"\s*([[,)]|$)/i

/** The declared columns with DuckDB's types; defaults and checks are bound at once. */
async function declaredColumns(
  { columns, checks }: CreateTableStatement,
  name: QualifiedName,
  context: StatementContext,
): Promise<ManagedTable['columns']> {
  const empty = columns.find(({ type }) => typeOfNull.test(type?.sql ?? ''))
  if (empty !== undefined) {
    const what = `a column of type ${empty.type?.sql ?? ''}`
    throw queryError('NOT_IN_THIS_VERSION', { what, instead: 'name the type of its values' })
  }
  const values = columns.flatMap(({ name: column, type, defaultValue }, at): (string | TextPiece)[] => [
    at === 0 ? '' : ', ', 'CAST((', defaultValue ?? 'NULL', '\n) AS ', present(type, 'declared columns have types'),
    `) AS ${quoteIdentifier(column)}`,
  ])
  const names = columns.map((column) => quoteIdentifier(column.name)).join(', ')
  const conditions = checks.flatMap((check): (string | TextPiece)[] => [', CAST((', check, '\n) AS BOOLEAN)'])
  const text = compose(
    `SELECT ${names}`, ...conditions, ' FROM (SELECT ', ...values, `) AS ${quoteIdentifier(name.name)}`)
  const bound = await planned(text, context)
  return Promise.all(columns.map(async ({ name: column, notNull, defaultValue }, at) => ({
    name: column, type: present(bound.columns[at], 'each column is bound').type, notNull,
    ...await keptDefault(defaultValue, name, context),
  })))
}

/** The columns of the query, by the statement's names as far as it gives any; names are made different. */
function namedColumns({ columns }: CreateTableStatement, bound: readonly Column[]): readonly Column[] {
  const taken = new Set<string>()
  return bound.map(({ name: own, type }, at) => {
    const wanted = columns[at]?.name ?? own
    let name = wanted
    for (let count = 1; taken.has(name.toLowerCase()); count++) name = `${wanted}_${count}`
    taken.add(name.toLowerCase())
    return { name, type: isNull(type) ? simpleType('INTEGER') : type }
  })
}

const isNull = (type: Column['type']): boolean => type.kind === 'simple' && type.name === 'NULL'

/** A column of nothing but NULL is an INTEGER in a table. */
function typedQuery(query: TextPiece, columns: readonly Column[]): ComposedText {
  if (!columns.some(({ type }) => isNull(type))) return compose(query)
  const names = columns.map((_, at) => `c${at}`)
  const values = columns.map(({ type }, at) => (isNull(type) ? `CAST(c${at} AS INTEGER) AS c${at}` : `c${at}`))
  return compose(`SELECT ${values.join(', ')} FROM (`, query, `\n) AS q(${names.join(', ')})`)
}
