/**
 * The front's business: sessions, catalog and statements. Behind it stand the planner and the scheduler,
 * before it the network.
 */
import { defaultSettings, duckdbVersion, limits, queryError, version, type Clock } from '@arbalest/common'
import { clusterFactsOf, type ClusterFacts } from '@arbalest/plan'
import type { ExecuteRequest, SchedulerService } from '@arbalest/protocol'
import { createCatalog, type Catalog } from './catalog/catalog.js'
import { systemSchemaOf } from './catalog/name-lookup.js'
import { durableCatalog } from './catalog/durable-catalog.js'
import type { CatalogStore } from './catalog/store/catalog-store.js'
import { createTableResolver } from './catalog/table-resolver.js'
import { createJobResults } from './job-results.js'
import type { FrontBackend, FrontState } from './network/front-backend.js'
import type { Planner } from './planning/planner.js'
import { createPreparedTexts } from './planning/prepared-texts.js'
import { createSessions } from './sessions.js'
import { changeSetting, checkSettings } from './settings.js'
import { endSession } from './statements/define-schemas.js'
import { classifyRequest, splitText } from './statements/classify-request.js'
import { refuseSequences } from './statements/held-sequences.js'
import type { JobSequences } from './statements/job-sequences.js'
import { createLeftJobs } from './statements/left-jobs.js'
import { prepareQuery } from './statements/prepare-query.js'
import { submitJob } from './statements/run-job.js'
import { runStatement } from './statements/run-statement.js'
import type { StatementContext } from './statements/statement-context.js'
import { createTableLocks } from './tables/table-locks.js'
import { createSweeper } from './tables/sweep-warehouse.js'
import { createWarehouse } from './tables/warehouse.js'

export interface FrontOptions {
  readonly scheduler: SchedulerService
  readonly planner: Planner
  readonly clock: Clock
  /** Where relative paths in statements start. */
  readonly baseDirectory: string
  /** A directory that all executors share, where the files of managed tables lie; without it there are none. */
  readonly warehouseDir?: string
  /** What the catalog is kept in; without it the catalog goes with the front. */
  readonly catalogStore?: CatalogStore
  readonly controlAddress?: () => { readonly host: string; readonly port: number } | undefined
}

export function createFrontBackend(options: FrontOptions): FrontBackend {
  const { scheduler, planner, clock } = options
  const { catalog, restored } = openCatalog(options)
  const texts = createPreparedTexts(planner)
  const resolver = createTableResolver({ catalog, planner, texts, scheduler, baseDirectory: options.baseDirectory })
  const sessions = createSessions(clock, limits.sessionsMax, (session) => {
    // A planner that is gone has forgotten them too.
    void endSession(session, { catalog, planner }).catch(() => undefined)
  })
  const warehouse = options.warehouseDir === undefined ? undefined : createWarehouse(options.warehouseDir)
  const sweeper = warehouse && createSweeper({ warehouse, catalog, scheduler, clock })
  const locks = createTableLocks()
  const jobSequences: JobSequences = new Map()
  const leftJobs = createLeftJobs(clock)
  const startedMs = clock.nowMs()
  const results = createJobResults(scheduler, clock)
  let lastCluster: ClusterFacts | undefined
  scheduler.offerPlanner({
    unfold({ preparedQuery, cluster, published, nextStageId }) {
      // The next job has not run out of memory.
      if (cluster.partitionsTimes === undefined) lastCluster = cluster
      return texts.unfold(preparedQuery, { cluster, published, nextStageId })
    },
  })

  const clusterFacts = async (): Promise<ClusterFacts> => {
    const active = (await scheduler.executors()).filter(({ state, isCordoned }) => state === 'active' && !isCordoned)
    return clusterFactsOf(active.map(({ registration }) => registration))
  }

  const contextOf = ({ sessionId, textResult }: ExecuteRequest, signal: AbortSignal): StatementContext => ({
    catalog, planner, texts, resolver, scheduler, results, warehouse, locks, jobSequences, leftJobs,
    signal, textResult, clusterFacts, lastCluster,
    session: sessions.find(sessionId),
  })

  const systemSchemaFor = ({ sessionId }: ExecuteRequest): string =>
    systemSchemaOf(sessions.find(sessionId).temporarySchema)

  return {
    async openSession(settings) {
      await restored
      const changed = Object.entries(settings).reduce(
        (before, [name, value]) => changeSetting(before, name, value),
        defaultSettings,
      )
      await checkSettings(changed, planner)
      return sessions.open(changed)
    },
    closeSession: (sessionId) => Promise.resolve(sessions.close(sessionId)),
    async *execute(request, signal) {
      await restored
      const { statement, asSent } = classifyRequest(request, systemSchemaFor(request))
      try {
        yield* runStatement(statement, contextOf(request, signal))
        if (statement.kind !== 'select') sweeper?.sweepInTime()
      } catch (error) {
        throw asSent(error)
      }
    },
    async submit(request) {
      await restored
      const { statement, asSent } = classifyRequest(request, systemSchemaFor(request))
      if (statement.kind !== 'select') {
        throw queryError('INVALID_REQUEST', { reason: 'only queries run as jobs asked for by id' })
      }
      const context = contextOf(request, AbortSignal.timeout(limits.planningTimeoutMs * 6))
      const prepared = await prepareQuery(statement.sql, context).catch((error: unknown) => {
        throw asSent(error)
      })
      refuseSequences('a query that is asked for by its id', prepared.sequences)
      return submitJob(statement.sql, prepared, context, 'by id')
    },
    async status(jobId) {
      leftJobs.asked(jobId)
      const { status } = await scheduler.details(jobId)
      // Nobody sees values of sequences that are not yet kept.
      const isKept = !jobSequences.has(jobId) || status.state !== 'succeeded'
      return results.answer(isKept ? status : { ...status, state: 'running' })
    },
    cancel: async (jobId, reason) => results.answer(await scheduler.cancel(jobId, reason)),
    split: (text) => Promise.resolve(splitText(text)),
    result: (ticket) => results.ofTicket(ticket),
    controlAddress: () => options.controlAddress?.(),
    state: async () => frontState((await clusterFacts()).executors, planner.isUp(), startedMs),
    jobs: () => scheduler.jobs(),
    details: (jobId) => scheduler.details(jobId),
    executors: () => scheduler.executors(),
    orderExecutor: (order) => scheduler.orderExecutor(order),
  }
}

const frontState = (executorsActive: number, plannerUp: boolean, startedMs: number): FrontState => ({
  version,
  engineVersion: `DuckDB ${duckdbVersion}`,
  startedMs,
  executorsActive,
  executorsRequired: 1,
  plannerUp,
  schedulingPolicy: 'push',
})

/** The catalog, and when it has all that was kept of it. */
function openCatalog({ catalogStore, planner }: FrontOptions): {
  readonly catalog: Catalog
  readonly restored: Promise<void>
} {
  if (catalogStore === undefined) return { catalog: createCatalog(), restored: Promise.resolve() }
  const catalog = durableCatalog(createCatalog(), catalogStore)
  const restored = catalog.restore(planner)
  // Each statement waits for it and is told.
  restored.catch(() => undefined)
  return { catalog, restored }
}
