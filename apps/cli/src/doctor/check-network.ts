/** Whether ports are free, who holds them, and whether a cluster answers. */
import { createServer } from 'node:net'
import { errorCodes } from '@arbalest/common'
import type { Finding } from './finding.js'
import { httpGet, type HttpTarget } from './http-get.js'

/** A port that a process started here would listen on. */
export async function checkPort(port: number, use: string): Promise<Finding> {
  const name = `port ${port}`
  const failure = await listenFailure(port)
  if (failure === undefined) return { name, status: 'ok', detail: `free for ${use}` }
  if (failure !== 'EADDRINUSE') {
    const detail = `cannot be listened on: ${failure}`
    return { name, status: 'fail', detail, mend: `Choose another for ${use}.` }
  }
  const version = await arbalestVersion({ host: '127.0.0.1', port })
  if (version !== undefined) return { name, status: 'ok', detail: `Arbalest ${version} runs there` }
  const mend = `Give ${use} another one with --bind-port, or stop that process.`
  return { name, status: 'warn', detail: 'in use by another process', mend }
}

function listenFailure(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(undefined)))
  })
}

interface VersionAnswer {
  readonly version?: unknown
  readonly error?: { readonly code?: unknown }
}

/** The version that answers there; one that wants a token answers with an error of ours. */
async function arbalestVersion(target: HttpTarget): Promise<string | undefined> {
  try {
    const { status, body } = await httpGet(target, '/api/version')
    const answer = JSON.parse(body) as VersionAnswer
    if (status === 200 && typeof answer.version === 'string') return answer.version
    const code = answer.error?.code
    return typeof code === 'string' && Object.hasOwn(errorCodes, code) ? '(it asks for a token)' : undefined
  } catch {
    return undefined
  }
}

/** A cluster elsewhere: its sign of life, its version, its executors. */
export async function checkCluster(target: HttpTarget, url: string): Promise<Finding> {
  const name = 'cluster'
  const fail = (what: string, mend: string): Finding => {
    return { name, status: 'fail', detail: `${url} ${what}`, mend }
  }
  try {
    const version = await httpGet(target, '/api/version')
    if (version.status === 401) return fail('asks for a token', errorCodes.UNAUTHENTICATED.mend)
    if (version.status !== 200) {
      return fail(`answers with status ${version.status}`, 'Check that a scheduler runs there.')
    }
    const ready = await httpGet(target, '/readyz')
    const detail = `${url} answers: ${ready.body.trim()}`
    return ready.status === 200
      ? { name, status: 'ok', detail }
      : { name, status: 'warn', detail, mend: errorCodes.NO_EXECUTORS.mend }
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    return fail(`does not answer: ${reason}`, errorCodes.SCHEDULER_UNREACHABLE.mend)
  }
}
