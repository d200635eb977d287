/** The routes of this version: health, version, state, executors, jobs. */
import type { FastifyInstance } from 'fastify'
import { parseExecutorId, parseJobId, queryError } from '@arbalest/common'
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
    const found = (await backend.executors()).find(
      ({ registration }) => registration.executorId === id,
    )
    if (found !== undefined) return executorView(found)
    return sendProblem(
      reply,
      queryError('INVALID_REQUEST', { reason: `there is no executor ${id}` }),
      404,
    )
  })
}

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
