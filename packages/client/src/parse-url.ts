/** Addresses of a cluster: `df://host:port`, and `df+tls://host:port` below TLS. */
import { queryError } from '@arbalest/common'

export interface ClusterAddress {
  readonly host: string
  readonly port: number
  readonly tls: boolean
}

const defaultPort = 50_050

/** @throws QueryError INVALID_OPTION */
export function parseClusterUrl(url: string): ClusterAddress {
  const match = /^df(\+tls)?:\/\/(\[[0-9a-f:.]+\]|[^/:@?#\s]+)(?::(\d{1,5}))?\/?$/i.exec(url)
  const port = Number(match?.[3] ?? defaultPort)
  if (match === null || port < 1 || port > 65_535) {
    const reason = `"${url.slice(0, 200)}" is not an address like df://host:50050 or df+tls://host:50050`
    throw queryError('INVALID_OPTION', { option: 'url', reason })
  }
  const host = match[2] ?? ''
  return {
    host: host.startsWith('[') ? host.slice(1, -1) : host,
    port,
    tls: match[1] !== undefined,
  }
}
