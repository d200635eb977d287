/**
 * The front's business: sessions, catalog and statements. Behind it stand the planner and the scheduler,
 * before it the network.
 */
import { randomBytes } from 'node:crypto'
import {
  assertNever, duckdbVersion, limits, queryError, typeName, version, type Clock, type Column, type JobId,
} from '@arbalest/common'
import type { ClusterFacts } from '@arbalest/plan'
import { classifyStatement, splitStatements, type Statement } from '@arbalest/planner'
import type {
  ExecuteEvent, ExecuteRequest, JobStatus, SchedulerService, StatementPiece, StatementResult,
} from '@arbalest/protocol'
import { createCatalog } from './catalog/catalog.js'
import { createTableResolver } from './catalog/table-resolver.js'
import type { FrontBackend, FrontState, ResultSource } from './network/front-backend.js'
import type { Planner } from './planning/planner.js'
import { createSessions, type Session } from './sessions.js'
import { changeSetting, resetSetting } from './settings.js'
import { createExternalTable, createView, drop } from './statements/define-objects.js'
import { analyzeLines } from './statements/explain-analyze.js'
import { prepareQuery } from './statements/prepare-query.js'
import { endError, progressOf, submitJob, watchJob } from './statements/run-job.js'
import { describe, describeQuery, showAll, showColumns, showOne, showTables } from './statements/show.js'
import type { StatementContext } from './statements/statement-context.js'
import { noRows, textResult } from './text-result.js'

export interface FrontOptions {
  readonly scheduler: SchedulerService
  readonly planner: Planner
  readonly clock: Clock
  /** Where relative paths in statements start. */
  readonly baseDirectory: string
  readonly controlAddress?: () => { readonly host: string; readonly port: number } | undefined
}

interface Ticket {
  readonly jobId: JobId
  readonly expiresMs: number
}

export function createFrontBackend(options: FrontOptions): FrontBackend {
  const { scheduler, planner, clock } = options
  const catalog = createCatalog()
  const resolver = createTableResolver({ catalog, planner, scheduler, baseDirectory: options.baseDirectory })
  const sessions = createSessions(clock)
  const startedMs = clock.nowMs()
  const tickets = new Map<string, Ticket>()
  scheduler.offerPlanner({
    unfold: ({ preparedQuery, cluster, published, nextStageId }) =>
      planner.unfold(preparedQuery, { cluster, published, nextStageId }),
  })

  const contextOf = (session: Session, signal: AbortSignal, asText: boolean): StatementContext => ({
    catalog, planner, resolver, scheduler, session, signal, textResult: asText,
  })

  const newTicket = (jobId: JobId): Uint8Array => {
    const nowMs = clock.nowMs()
    for (const [key, ticket] of tickets) if (ticket.expiresMs < nowMs) tickets.delete(key)
    const bytes = randomBytes(32)
    tickets.set(bytes.toString('hex'), { jobId, expiresMs: nowMs + limits.resultRetentionMs })
    return bytes
  }

  /** A job's rows: in the answer itself when they are small, else by ticket. */
  const jobResult = (status: JobStatus, columns: readonly Column[]): StatementResult => {
    const { jobId, result, mode, modeReason, stagesDone } = status
    if (result === undefined) throw queryError('INTERNAL', { reason: `job ${jobId} has no result` }, { jobId })
    const [only] = result.parts
    const inline = result.parts.length === 1 ? only?.inline : undefined
    if (inline !== undefined) void scheduler.releaseResult(jobId).catch(() => undefined)
    return {
      columns: columns.map(({ name, type }) => ({ name, type: typeName(type) })),
      rowCount: result.rows,
      data: inline === undefined
        ? { kind: 'ticket', ticket: newTicket(jobId) }
        : { kind: 'inline', ipc: Buffer.from(inline, 'base64') },
      jobId, mode, modeReason, stages: stagesDone,
    }
  }

  async function* runSelect(sql: string, context: StatementContext): AsyncGenerator<ExecuteEvent> {
    const { prepared, columns } = await prepareQuery(sql, context)
    const jobId = await submitJob(sql, prepared, context)
    yield { kind: 'accepted', jobId }
    const status = yield* watchJob(jobId, context)
    yield { kind: 'result', result: jobResult(status, columns) }
  }

  async function* runExplain(
    statement: Extract<Statement, { kind: 'explain' }>,
    context: StatementContext,
  ): AsyncGenerator<ExecuteEvent> {
    const { prepared } = await prepareQuery(statement.sql, context)
    if (!statement.analyze) {
      const lines = await planner.explain(prepared, await clusterFacts(), statement.verbose)
      yield { kind: 'result', result: planRows(lines, statement.format) }
      return
    }
    const jobId = await submitJob(statement.sql, prepared, context)
    yield { kind: 'accepted', jobId }
    yield* watchJob(jobId, context)
    const details = await scheduler.details(jobId)
    await scheduler.releaseResult(jobId)
    const lines = analyzeLines(jobId, details, statement.verbose)
    yield { kind: 'result', result: { ...planRows(lines, statement.format), jobId } }
  }

  const clusterFacts = async (): Promise<ClusterFacts> => {
    const active = (await scheduler.executors()).filter((executor) => executor.state === 'active')
    return {
      executors: active.length,
      slots: active.reduce((sum, { registration }) => sum + registration.slots, 0),
      threadsPerExecutor: active[0]?.registration.threads ?? 1,
    }
  }

  async function* run(statement: Statement, context: StatementContext): AsyncGenerator<ExecuteEvent> {
    switch (statement.kind) {
      case 'select': return yield* runSelect(statement.sql, context)
      case 'explain': return yield* runExplain(statement, context)
      case 'create-external-table': case 'create-view': case 'drop': case 'set': case 'reset':
        await change(statement, context)
        return yield { kind: 'result', result: noRows }
      case 'show-tables': return yield { kind: 'result', result: showTables(context) }
      case 'show-columns': return yield { kind: 'result', result: await showColumns(statement.name, context) }
      case 'show-all': return yield { kind: 'result', result: showAll(context) }
      case 'show-setting': return yield { kind: 'result', result: showOne(statement.name, context) }
      case 'describe': return yield { kind: 'result', result: await describe(statement.name, context) }
      case 'describe-query': return yield { kind: 'result', result: await describeQuery(statement.sql, context) }
    }
    return assertNever(statement)
  }

  const contextForRequest = (request: ExecuteRequest, signal: AbortSignal): StatementContext =>
    contextOf(sessions.find(request.sessionId), signal, request.textResult)

  const answer = (status: JobStatus) => ({
    progress: progressOf(status),
    error: status.state === 'failed' || status.state === 'cancelled' ? endError(status).toWire() : undefined,
    result: status.state === 'succeeded' ? jobResult(status, status.result?.columns ?? []) : undefined,
  })

  return {
    openSession: (settings) => Promise.resolve(sessions.open(settings)),
    closeSession: (sessionId) => Promise.resolve(sessions.close(sessionId)),
    async *execute(request, signal) {
      const statement = classify(request.sql)
      yield* run(statement, contextForRequest(request, signal))
    },
    async submit(request) {
      const statement = classify(request.sql)
      if (statement.kind !== 'select') {
        throw queryError('INVALID_REQUEST', { reason: 'only queries run as jobs asked for by id' })
      }
      const context = contextForRequest(request, AbortSignal.timeout(limits.planningTimeoutMs * 6))
      const { prepared } = await prepareQuery(statement.sql, context)
      return submitJob(statement.sql, prepared, context)
    },
    status: async (jobId) => answer((await scheduler.details(jobId)).status),
    cancel: async (jobId, reason) => answer(await scheduler.cancel(jobId, reason)),
    split: (text) => Promise.resolve(splitText(text)),
    async result(ticket): Promise<ResultSource> {
      const key = Buffer.from(ticket).toString('hex')
      const known = tickets.get(key)
      if (known === undefined || known.expiresMs < clock.nowMs()) {
        throw queryError('RESULT_EXPIRED', { jobId: known?.jobId ?? '' })
      }
      const { jobId } = known
      const { status } = await scheduler.details(jobId)
      if (status.result === undefined) throw queryError('RESULT_EXPIRED', { jobId }, { jobId })
      const { parts, jobToken } = status.result
      return {
        jobId, parts, jobToken,
        done() {
          tickets.delete(key)
          void scheduler.releaseResult(jobId).catch(() => undefined)
        },
      }
    },
    controlAddress: () => options.controlAddress?.(),
    async state(): Promise<FrontState> {
      const executorsActive = (await clusterFacts()).executors
      return {
        version,
        engineVersion: `DuckDB ${duckdbVersion}`,
        startedMs,
        executorsActive,
        executorsRequired: 1,
        plannerUp: true,
        schedulingPolicy: 'push',
      }
    },
    jobs: () => scheduler.jobs(),
    details: (jobId) => scheduler.details(jobId),
    executors: () => scheduler.executors(),
  }
}

async function change(
  statement: Extract<Statement, { kind: 'create-external-table' | 'create-view' | 'drop' | 'set' | 'reset' }>,
  context: StatementContext,
): Promise<void> {
  const { session } = context
  switch (statement.kind) {
    case 'create-external-table': return createExternalTable(statement, context)
    case 'create-view': return createView(statement, context)
    case 'drop': return drop(statement, context)
    case 'set':
      session.settings = changeSetting(session.settings, statement.name, statement.value)
      return
    case 'reset':
      session.settings = resetSetting(session.settings, statement.name)
      return
  }
  return assertNever(statement)
}

/** @throws QueryError STATEMENT_TOO_LONG, STATEMENT_EMPTY, INVALID_REQUEST and what the grammars throw */
function classify(sql: string): Statement {
  const bytes = Buffer.byteLength(sql)
  if (bytes > limits.statementBytesMax) {
    throw queryError('STATEMENT_TOO_LONG', { bytes, limit: limits.statementBytesMax })
  }
  const statements = splitStatements(sql)
  const [only, second] = statements
  if (only === undefined) throw queryError('STATEMENT_EMPTY', {})
  if (second !== undefined) {
    throw queryError('INVALID_REQUEST', { reason: 'send one statement at a time' }, { position: second.start })
  }
  return classifyStatement(only.text)
}

function splitText(text: string): readonly StatementPiece[] {
  return splitStatements(text).map(({ text: sql, start }) => ({ sql, start, kind: pieceKind(sql) }))
}

/** What cannot be classified counts as a query: its error appears when it runs. */
function pieceKind(sql: string): StatementPiece['kind'] {
  try {
    const { kind } = classifyStatement(sql)
    const changes = ['create-external-table', 'create-view', 'drop', 'set', 'reset']
    return changes.includes(kind) ? 'command' : 'query'
  } catch {
    return 'query'
  }
}

function planRows(lines: readonly string[], format: 'text' | 'json'): StatementResult {
  if (format === 'json') return textResult(['plan'], [[JSON.stringify(lines)]])
  return textResult(['plan'], lines.map((line) => [line]))
}
