/** The routes of this version: health, version, state, executors, jobs. */
import type { FastifyInstance } from 'fastify'
import { type ExecutorId, parseExecutorId, parseJobId, type QueryError, queryError } from '@arbalest/common'
import type { ExecutorAction, ExecutorRecord } from '@arbalest/protocol'
import type { FrontBackend } from '../front-backend.js'
import { executorView, jobView, stageView } from './api-views.js'
import { sendProblem } from './problem.js'

interface ById {
  readonly Params: { readonly id: string }
}

export function addApiRoutes(app: FastifyInstance, backend: FrontBackend): void {
  addStateRoutes(app, backend)
  addExecutorRoutes(app, backend)
  addJobRoutes(app, backend)
}

function addStateRoutes(app: FastifyInstance, backend: FrontBackend): void {
  app.get('/readyz', async (_, reply) => {
    const { executorsActive, executorsRequired, plannerUp } = await backend.state()
    const ready = plannerUp && executorsActive >= executorsRequired
    const planner = plannerUp ? '' : ', the planner is not up'
    reply.code(ready ? 200 : 503).type('text/plain')
    return `${executorsActive}/${executorsRequired} required executors registered${planner}`
  })
  app.get('/api/version', async () => {
    const { version, engineVersion } = await backend.state()
    return { version, engine_version: engineVersion }
  })
  app.get('/api/state', async () => {
    const state = await backend.state()
    return {
      started: state.startedMs,
      version: state.version,
      engine_version: state.engineVersion,
      scheduling_policy: state.schedulingPolicy,
      substrait_support: false,
      keda_support: false,
      prometheus_support: false,
      graphviz_support: false,
      executors_active: state.executorsActive,
      planner_up: state.plannerUp,
    }
  })
}

function addExecutorRoutes(app: FastifyInstance, backend: FrontBackend): void {
  app.get('/api/executors', async () => (await backend.executors()).map(executorView))
  app.get<ById>('/api/executor/:id', async (request, reply) => {
    const id = parseExecutorId(request.params.id)
    const found = await findExecutor(backend, id)
    return found === undefined ? sendProblem(reply, noExecutor(id), 404) : executorView(found)
  })
  app.patch<ExecutorChange>('/api/executor/:id', async (request, reply) => {
    const executorId = parseExecutorId(request.params.id)
    const action = actions.get(String(request.body?.action))
    if (action === undefined) {
      const reason = `the action of the body is one of ${[...actions.keys()].join(', ')}`
      return sendProblem(reply, queryError('INVALID_REQUEST', { reason }))
    }
    if (!(await findExecutor(backend, executorId))) return sendProblem(reply, noExecutor(executorId), 404)
    const isDryRun = request.query.dry_run === 'true'
    const { executor, jobs, outputs } = await backend.orderExecutor({ executorId, action, isDryRun })
    return { state: executorView(executor).state, affects: { jobs, outputs } }
  })
}

interface ExecutorChange extends ById {
  readonly Body: { readonly action?: unknown } | null
  readonly Querystring: { readonly dry_run?: string }
}

/** What may be done with an executor, by its name over HTTP. */
const actions: ReadonlyMap<string, ExecutorAction> = new Map([
  ['drain', 'drain'], ['set_aside', 'set-aside'], ['take_back', 'take-back'],
])

const findExecutor = async (backend: FrontBackend, id: ExecutorId): Promise<ExecutorRecord | undefined> =>
  (await backend.executors()).find(({ registration }) => registration.executorId === id)

const noExecutor = (id: ExecutorId): QueryError =>
  queryError('INVALID_REQUEST', { reason: `there is no executor ${id}` })

function addJobRoutes(app: FastifyInstance, backend: FrontBackend): void {
  app.get('/api/jobs', async (_, reply) => {
    const jobs = await backend.jobs()
    reply.header('x-total-count', jobs.length)
    return jobs.map((status) => jobView(status))
  })
  app.get<ById>('/api/job/:id', async (request) => {
    const { status, sql } = await backend.details(parseJobId(request.params.id))
    return jobView(status, sql)
  })
  app.get<ById>('/api/job/:id/stages', async (request) => {
    const { stages } = await backend.details(parseJobId(request.params.id))
    return { stages: stages.map(stageView) }
  })
  app.patch<ById>('/api/job/:id', async (request, reply) => {
    const id = parseJobId(request.params.id)
    const before = await backend.status(id)
    if (before.progress.state === 'succeeded' || before.progress.state === 'failed') {
      reply.code(409)
      return { cancelled: false, reason: `the job has ${before.progress.state}` }
    }
    const { progress } = await backend.cancel(id, 'cancelled over HTTP')
    return { cancelled: progress.state === 'cancelled', state: progress.state }
  })
}
