/** The HTTP side of the port: routes, tokens, errors; it takes sockets already accepted. */
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Socket } from 'node:net'
import { limits, queryError } from '@arbalest/common'
import { isLoopback, tokenCheck } from '@arbalest/protocol'
import type { FrontBackend } from '../front-backend.js'
import { addApiRoutes } from './api-routes.js'
import { addLaterRoutes } from './later-routes.js'
import { sendProblem } from './problem.js'

export interface HttpServer {
  /** The socket is past TLS and begins with an HTTP/1 request. */
  accept(socket: Socket): void
  close(): Promise<void>
}

export async function createHttpServer(options: {
  readonly backend: FrontBackend
  readonly tokens: readonly string[]
  /** Time a client may take for the head of a request. */
  readonly headersTimeoutMs?: number | undefined
}): Promise<HttpServer> {
  const { headersTimeoutMs = limits.firstBytesTimeoutMs } = options
  const app = Fastify({
    bodyLimit: limits.statementBytesMax + 64 * 1024,
    requestTimeout: 300_000,
    keepAliveTimeout: 72_000,
    http: {
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: Math.min(headersTimeoutMs, 5_000),
    },
  })
  guard(app, options.tokens)
  app.setErrorHandler((thrown, _, reply) => sendProblem(reply, fromFastify(thrown)))
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      queryError('INVALID_REQUEST', {
        reason: `there is no ${request.method} ${request.url.split('?')[0] ?? ''}`,
      }),
      404,
    ),
  )
  app.get('/healthz', () => 'ok')
  addApiRoutes(app, options.backend)
  addLaterRoutes(app)
  await app.ready()
  // Node starts its limits for slow request heads when a server begins to listen, which this one never does.
  app.server.emit('listening')
  return {
    accept: (socket) => {
      app.server.emit('connection', socket)
    },
    async close() {
      app.server.close()
      app.server.closeAllConnections()
      await app.close()
    },
  }
}

/**
 * Tokens for all but the sign of life. Without tokens, names that a hostile page could have pointed here
 * are refused.
 */
function guard(app: FastifyInstance, tokens: readonly string[]): void {
  const check = tokenCheck(tokens)
  app.addHook('onRequest', async (request, reply) => {
    if (request.url === '/healthz') return
    const refusal =
      check(request.headers.authorization) ?? (tokens.length === 0 ? checkHost(request) : undefined)
    if (refusal !== undefined) await sendProblem(reply, refusal)
  })
}

function checkHost(request: FastifyRequest) {
  const name = request.hostname
  const isAddress = /^[\d.]+$/.test(name) || name.startsWith('[') || name.includes(':')
  if (isAddress || isLoopback(name) || name === '') return undefined
  return queryError('PERMISSION_DENIED', {
    reason: `"${name.slice(0, 80)}" is not a name of this server; use its address or a token`,
  })
}

/** Fastify's own refusals (bad JSON, too large, …) are the client's. */
function fromFastify(thrown: unknown): unknown {
  const { statusCode, message } = thrown as {
    readonly statusCode?: number
    readonly message?: string
  }
  if (statusCode === undefined || statusCode >= 500) return thrown
  return queryError('INVALID_REQUEST', { reason: message ?? 'bad request' }, { cause: thrown })
}
