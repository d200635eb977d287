/** The session of `arbalest sql`: on a cluster by its address, or on one in this process. */
import { QueryError, queryError } from '@arbalest/common'
import { SessionContext, parseClusterUrl } from '@arbalest/client'
import type { ClientTls } from '@arbalest/protocol'
import type { SqlSession } from './sql-session.js'

export type ClusterChoice =
  | {
      readonly kind: 'remote'
      readonly url: string
      readonly token: string | undefined
      readonly tls: ClientTls | undefined
    }
  | { readonly kind: 'in-process'; readonly executors: number }

export interface SessionRequest {
  readonly cluster: ClusterChoice
  readonly settings: Readonly<Record<string, string>>
}

/** @throws QueryError SCHEDULER_UNREACHABLE, UNAUTHENTICATED, INVALID_OPTION */
export async function openSqlSession(request: SessionRequest): Promise<SqlSession> {
  try {
    return await openOn(request)
  } catch (thrown) {
    if (!(thrown instanceof QueryError)) throw thrown
    if (thrown.code !== 'UNKNOWN_SETTING' && thrown.code !== 'INVALID_SETTING') throw thrown
    throw queryError('INVALID_OPTION', { option: '--set', reason: thrown.message }, { cause: thrown })
  }
}

async function openOn({ cluster, settings }: SessionRequest): Promise<SqlSession> {
  if (cluster.kind === 'remote') {
    const { url, token, tls } = cluster
    return SessionContext.remote(url, { token, tls, settings })
  }
  // Loads DuckDB, which a client of a cluster elsewhere does without.
  const { SessionContext: LocalContext } = await import('arbalest')
  return LocalContext.standalone({ executors: cluster.executors, settings })
}

export interface ClusterFlags {
  readonly url?: string
  readonly host?: string
  readonly port?: number
  readonly executors?: number
}

/** Which cluster the flags mean. @throws QueryError INVALID_OPTION for flags that contradict each other */
export function chooseCluster(
  flags: ClusterFlags,
  { token, tls }: { readonly token: string | undefined; readonly tls: ClientTls | undefined },
): ClusterChoice {
  const { url, host, port, executors } = flags
  if (url === undefined && host === undefined && port === undefined) {
    return { kind: 'in-process', executors: executors ?? 1 }
  }
  if (url !== undefined && (host !== undefined || port !== undefined)) {
    throw wrong('--url', 'give it or --host and --port, not both')
  }
  if (executors !== undefined) throw wrong('--executors', 'it is for a cluster in this process alone')
  const named = url === undefined ? hostUrl({ host, port, tls }) : checkedUrl(url, tls)
  return { kind: 'remote', url: named, token, tls }
}

function hostUrl({ host = '127.0.0.1', port = 50_050, tls }: {
  readonly host: string | undefined
  readonly port: number | undefined
  readonly tls: ClientTls | undefined
}): string {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  return checkedUrl(`df${tls === undefined ? '' : '+tls'}://${name}:${port}`, tls)
}

function checkedUrl(url: string, tls: ClientTls | undefined): string {
  if (!parseClusterUrl(url).tls && tls !== undefined) {
    throw wrong('--url', 'TLS files are for df+tls:// addresses')
  }
  return url
}

const wrong = (option: string, reason: string): QueryError => queryError('INVALID_OPTION', { option, reason })

/** Where the session is, for people. */
export function clusterName(cluster: ClusterChoice): string {
  if (cluster.kind === 'remote') return cluster.url.replace(/^df(\+tls)?:\/\//, '')
  return `in this process, ${cluster.executors} ${cluster.executors === 1 ? 'executor' : 'executors'}`
}
