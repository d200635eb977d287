/** Nothing is open by default: who listens beyond this host asks for a token, or says that it is meant. */
import { isIP } from 'node:net'
import { queryError } from '@arbalest/common'

/** @throws QueryError ADDRESS_NEEDS_TOKEN */
export function checkBindAddress(bind: {
  readonly host: string
  readonly tokens: readonly string[]
  readonly insecure: boolean
}): void {
  if (isLoopback(bind.host) || bind.tokens.length > 0 || bind.insecure) return
  throw queryError('ADDRESS_NEEDS_TOKEN', { host: bind.host })
}

/** Whether only this host can reach the address. Names other than `localhost` may mean anything. */
export function isLoopback(host: string): boolean {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  if (isIP(bare) === 4) return bare.startsWith('127.')
  if (isIP(bare) === 6) return /^(0*:)*:?0*1$/.test(bare) || /^::ffff:127\./i.test(bare)
  return bare.toLowerCase() === 'localhost'
}
