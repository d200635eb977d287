/** Routes of the surface that a later version brings: they answer 501 with a code, never with silence. */
import type { FastifyInstance } from 'fastify'
import { queryError } from '@arbalest/common'
import { sendProblem } from './problem.js'

const laterRoutes = [
  'GET /',
  'GET /api/samples',
  'GET /api/job/:id/config',
  'GET /api/job/:id/dot',
  'GET /api/job/:id/stage/:n/dot',
  'GET /api/job/:id/stage/:n/tasks',
  'GET /api/job/:id/stage/:n/operators',
  'GET /api/job/:id/graph',
  'GET /api/job/:id/sql',
  'GET /api/job/:id/timeline',
  'GET /api/job/:id/events',
  'GET /api/job/:id/insights',
  'GET /api/job/:id/compare/:other',
  'GET /api/job/:id/result',
  'GET /api/job/:id/profile',
  'DELETE /api/job/:id/data',
  'POST /api/cleanup',
  'POST /api/statements',
  'POST /api/check',
  'POST /api/complete',
  'POST /api/session',
  'GET /api/events',
  'GET /api/catalog',
  'GET /api/catalog/:schema/:table',
  'GET /api/fingerprints',
  'GET /api/metrics',
  'GET /api/openapi.json',
] as const

export function addLaterRoutes(app: FastifyInstance): void {
  for (const route of laterRoutes) {
    const [method = '', url = ''] = route.split(' ')
    app.route({
      method,
      url,
      handler: (_, reply) =>
        sendProblem(
          reply,
          queryError('NOT_IN_THIS_VERSION', {
            what: route,
            instead: 'use the client or arbalest sql',
          }),
        ),
    })
  }
}
