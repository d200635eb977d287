/** Runs one statement, whatever it is. */
import { assertNever } from '@arbalest/common'
import type { ExecuteStatement, PivotStatement, Statement } from '@arbalest/planner'
import type { ExecuteEvent, StatementResult } from '@arbalest/protocol'
import { changeSetting, checkSettings, resetSetting } from '../settings.js'
import { noRows } from '../text-result.js'
import { alterTable } from './alter-table.js'
import { analyze } from './analyze.js'
import { deleteRows, truncate, updateRows } from './change-rows.js'
import { copyFrom, copyTo } from './copy.js'
import { createTable } from './create-table.js'
import { createExternalTable, createView, drop } from './define-objects.js'
import { createMacro, createType, dropDefinition } from './define-macros.js'
import { createSchema, dropSchema, use } from './define-schemas.js'
import { createSequence } from './define-sequences.js'
import { placed, withoutPlace } from './error-place.js'
import { runExplain } from './explain.js'
import { insert } from './insert.js'
import { pivotWithValues } from './pivot.js'
import { deallocate, prepareStatement, statementToExecute } from './prepared-statements.js'
import { followJob } from './run-job.js'
import { describe, describeQuery, showAll, showColumns, showOne, showSchemas, showTables } from './show.js'
import { startQuery } from './start-query.js'
import type { StatementContext } from './statement-context.js'

export async function* runStatement(statement: Statement, context: StatementContext): AsyncGenerator<ExecuteEvent> {
  if (statement.kind === 'select') return yield* runSelect(statement.sql, context)
  if (statement.kind === 'pivot') return yield* runPivot(statement, context)
  if (statement.kind === 'execute') return yield* runPrepared(statement, context)
  if (statement.kind === 'explain') return yield* runExplain(statement, context)
  if (isWrite(statement)) {
    yield { kind: 'result', result: yield* write(statement, context) }
    return
  }
  yield { kind: 'result', result: await answerOf(statement, context) }
}

async function* runPrepared(statement: ExecuteStatement, context: StatementContext): AsyncGenerator<ExecuteEvent> {
  const meant = await statementToExecute(statement, context)
  try {
    yield* runStatement(meant, context)
  } catch (error) {
    // Its place is in the statement that was prepared.
    throw withoutPlace(error)
  }
}

async function* runPivot(statement: PivotStatement, context: StatementContext): AsyncGenerator<ExecuteEvent> {
  const { text, placeBefore } = await pivotWithValues(statement, context)
  try {
    yield* runSelect(text, context)
  } catch (error) {
    throw placed(error, placeBefore)
  }
}

async function* runSelect(sql: string, context: StatementContext): AsyncGenerator<ExecuteEvent> {
  const { jobId, query } = await startQuery(sql, context)
  const status = yield* followJob(jobId, context, context.results.shown(query.columns))
  yield { kind: 'result', result: context.results.streamed(status, query.columns) }
}

const writeKinds = [
  'analyze', 'copy-from', 'copy-to', 'create-table', 'insert', 'delete', 'update', 'truncate', 'alter-table',
] as const
type WriteStatement = Extract<Statement, { kind: (typeof writeKinds)[number] }>

const isWrite = (statement: Statement): statement is WriteStatement =>
  writeKinds.some((kind) => kind === statement.kind)

/** Statements that change what is known of tables, or their rows. */
async function* write(
  statement: WriteStatement,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, StatementResult> {
  switch (statement.kind) {
    case 'copy-from': return yield* copyFrom(statement, context)
    case 'copy-to': return yield* copyTo(statement, context)
    case 'create-table': return yield* createTable(statement, context)
    case 'insert': return yield* insert(statement, context)
    case 'delete': return yield* deleteRows(statement, context)
    case 'update': return yield* updateRows(statement, context)
    case 'truncate': return truncate(statement, context)
    case 'analyze':
      yield* analyze(statement, context)
      return noRows
    case 'alter-table':
      yield* alterTable(statement, context)
      return noRows
  }
  return assertNever(statement)
}

type OtherStatement = Exclude<Statement, WriteStatement | { kind: 'select' | 'pivot' | 'explain' | 'execute' }>

/** The answer of a statement that needs no job. */
async function answerOf(statement: OtherStatement, context: StatementContext): Promise<StatementResult> {
  switch (statement.kind) {
    case 'create-external-table': case 'create-view': case 'drop': case 'set': case 'reset':
    case 'create-macro': case 'create-type': case 'create-sequence': case 'drop-definition':
    case 'create-schema': case 'drop-schema': case 'use': case 'prepare': case 'deallocate':
      await change(statement, context)
      return noRows
    case 'show-tables': return showTables(statement.schema, context)
    case 'show-columns': return showColumns(statement.name, context)
    case 'show-schemas': return showSchemas(context)
    case 'show-all': return showAll(context)
    case 'show-setting': return showOne(statement.name, context)
    case 'describe': return describe(statement.name, context)
    case 'describe-query': return describeQuery(statement.sql, context)
  }
  return assertNever(statement)
}

async function change(
  statement: Exclude<OtherStatement, { kind: `show-${string}` | `describe${string}` }>,
  context: StatementContext,
): Promise<void> {
  const { session } = context
  switch (statement.kind) {
    case 'create-external-table': return createExternalTable(statement, context)
    case 'create-view': return createView(statement, context)
    case 'drop': return drop(statement, context)
    case 'create-macro': return createMacro(statement, context)
    case 'create-type': return createType(statement, context)
    case 'create-sequence': return createSequence(statement, context)
    case 'drop-definition': return dropDefinition(statement, context)
    case 'create-schema': return createSchema(statement, context)
    case 'drop-schema': return dropSchema(statement, context)
    case 'use': return use(statement, context)
    case 'prepare': return prepareStatement(statement, context)
    case 'deallocate': return deallocate(statement, context)
    case 'set': {
      const changed = changeSetting(session.settings, statement.name, statement.value)
      await checkSettings(changed, context.planner)
      session.settings = changed
      return
    }
    case 'reset':
      session.settings = resetSetting(session.settings, statement.name)
      return
  }
  return assertNever(statement)
}
