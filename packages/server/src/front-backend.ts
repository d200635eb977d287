/**
 * The front's business: sessions, catalog and statements. Behind it stand the planner and the scheduler,
 * before it the network.
 */
import {
  assertNever, defaultSettings, duckdbVersion, limits, queryError, typeName, version, type Clock, type Column, type JobId,
} from '@arbalest/common'
import type { ClusterFacts } from '@arbalest/plan'
import { classifyStatement, splitStatements, type Statement } from '@arbalest/planner'
import type {
  ExecuteEvent, ExecuteRequest, JobAnswer, JobStatus, SchedulerService, StatementPiece, StatementResult,
} from '@arbalest/protocol'
import { createCatalog } from './catalog/catalog.js'
import { createTableResolver } from './catalog/table-resolver.js'
import type { FrontBackend, FrontState, ResultSource } from './network/front-backend.js'
import type { Planner } from './planning/planner.js'
import { createResultTickets } from './result-tickets.js'
import { createSessions, type Session } from './sessions.js'
import { changeSetting, checkSettings, resetSetting } from './settings.js'
import { createExternalTable, createView, drop } from './statements/define-objects.js'
import { movedBy } from './statements/error-place.js'
import { runExplain } from './statements/explain.js'
import { prepareQuery } from './statements/prepare-query.js'
import { endError, progressOf, runJob, submitJob } from './statements/run-job.js'
import { describe, describeQuery, showAll, showColumns, showOne, showTables } from './statements/show.js'
import type { StatementContext } from './statements/statement-context.js'
import { noRows } from './text-result.js'

export interface FrontOptions {
  readonly scheduler: SchedulerService
  readonly planner: Planner
  readonly clock: Clock
  /** Where relative paths in statements start. */
  readonly baseDirectory: string
  readonly controlAddress?: () => { readonly host: string; readonly port: number } | undefined
}

export function createFrontBackend(options: FrontOptions): FrontBackend {
  const { scheduler, planner, clock } = options
  const catalog = createCatalog()
  const resolver = createTableResolver({ catalog, planner, scheduler, baseDirectory: options.baseDirectory })
  const sessions = createSessions(clock)
  const startedMs = clock.nowMs()
  const release = (jobId: JobId): void => void scheduler.releaseResult(jobId).catch(() => undefined)
  const tickets = createResultTickets(clock, release)
  scheduler.offerPlanner({
    unfold: ({ preparedQuery, cluster, published, nextStageId }) =>
      planner.unfold(preparedQuery, { cluster, published, nextStageId }),
  })

  const contextOf = (session: Session, signal: AbortSignal, asText: boolean): StatementContext => ({
    catalog, planner, resolver, scheduler, session, signal, textResult: asText,
  })

  /** A job's rows: in the answer itself when they are small, else by ticket. */
  const jobResult = (status: JobStatus, columns: readonly Column[]): StatementResult => {
    const { jobId, result, mode, modeReason, stagesDone } = status
    if (result === undefined || !isKept(status)) throw queryError('RESULT_EXPIRED', { jobId }, { jobId })
    const [only] = result.parts
    const inline = result.parts.length === 1 ? only?.inline : undefined
    return {
      columns: columns.map(({ name, type }) => ({ name, type: typeName(type) })),
      rowCount: result.rows,
      data: inline === undefined
        ? { kind: 'ticket', ticket: tickets.issue(jobId) }
        : { kind: 'inline', ipc: Buffer.from(inline, 'base64') },
      jobId, mode, modeReason, stages: stagesDone,
    }
  }

  async function* runSelect(sql: string, context: StatementContext): AsyncGenerator<ExecuteEvent> {
    const { prepared, columns } = await prepareQuery(sql, context)
    const status = yield* runJob(sql, prepared, context)
    const result = jobResult(status, columns)
    if (result.data.kind === 'inline') release(status.jobId)
    yield { kind: 'result', result }
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
      case 'explain': return yield* runExplain(statement, context, await clusterFacts())
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

  const answer = (status: JobStatus): JobAnswer => {
    const ended = status.state === 'failed' || status.state === 'cancelled'
    const kept = status.state === 'succeeded' && isKept(status)
    const expired = status.state === 'succeeded' && !kept
    const { jobId } = status
    return {
      progress: progressOf(status),
      error: ended ? endError(status).toWire()
        : expired ? queryError('RESULT_EXPIRED', { jobId }, { jobId }).toWire()
        : undefined,
      result: kept ? jobResult(status, status.result?.columns ?? []) : undefined,
    }
  }

  return {
    async openSession(settings) {
      const changed = Object.entries(settings).reduce(
        (before, [name, value]) => changeSetting(before, name, value),
        defaultSettings,
      )
      await checkSettings(changed, planner)
      return sessions.open(changed)
    },
    closeSession: (sessionId) => Promise.resolve(sessions.close(sessionId)),
    async *execute(request, signal) {
      const { statement, textStart } = classify(request.sql)
      try {
        yield* run(statement, contextForRequest(request, signal))
      } catch (error) {
        throw movedBy(textStart, error)
      }
    },
    async submit(request) {
      const { statement, textStart } = classify(request.sql)
      if (statement.kind !== 'select') {
        throw queryError('INVALID_REQUEST', { reason: 'only queries run as jobs asked for by id' })
      }
      const context = contextForRequest(request, AbortSignal.timeout(limits.planningTimeoutMs * 6))
      const { prepared } = await prepareQuery(statement.sql, context).catch((error: unknown) => {
        throw movedBy(textStart, error)
      })
      return submitJob(statement.sql, prepared, context)
    },
    status: async (jobId) => answer((await scheduler.details(jobId)).status),
    cancel: async (jobId, reason) => answer(await scheduler.cancel(jobId, reason)),
    split: (text) => Promise.resolve(splitText(text)),
    async result(ticket): Promise<ResultSource> {
      const jobId = tickets.jobOf(ticket)
      if (jobId === undefined) throw queryError('RESULT_EXPIRED', { jobId: '' })
      const { status } = await scheduler.details(jobId)
      if (status.result === undefined || !isKept(status)) throw queryError('RESULT_EXPIRED', { jobId }, { jobId })
      const { parts, jobToken } = status.result
      return {
        jobId, parts, jobToken,
        done() {
          tickets.end(ticket)
          release(jobId)
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
        plannerUp: planner.isUp(),
        schedulingPolicy: 'push',
      }
    },
    jobs: () => scheduler.jobs(),
    details: (jobId) => scheduler.details(jobId),
    executors: () => scheduler.executors(),
  }
}

/** A released result has no parts any more; its rows are still told. */
const isKept = ({ result }: JobStatus): boolean => result !== undefined && result.parts.length > 0

async function change(
  statement: Extract<Statement, { kind: 'create-external-table' | 'create-view' | 'drop' | 'set' | 'reset' }>,
  context: StatementContext,
): Promise<void> {
  const { session } = context
  switch (statement.kind) {
    case 'create-external-table': return createExternalTable(statement, context)
    case 'create-view': return createView(statement, context)
    case 'drop': return drop(statement, context)
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

interface Classified {
  readonly statement: Statement
  /** Where the text that is planned begins in the text as it was sent. */
  readonly textStart: number
}

/** @throws QueryError STATEMENT_TOO_LONG, STATEMENT_EMPTY, INVALID_REQUEST and what the grammars throw */
function classify(sql: string): Classified {
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
  try {
    const statement = classifyStatement(only.text)
    return { statement, textStart: only.start + ('sqlStart' in statement ? statement.sqlStart : 0) }
  } catch (error) {
    throw movedBy(only.start, error)
  }
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
