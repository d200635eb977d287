/** The flags by which processes and clients know each other: tokens and TLS. */
import { readFileSync } from 'node:fs'
import { queryError } from '@arbalest/common'
import type { ClientTls, ServerTls } from '@arbalest/protocol'
import type { OptionSpec } from './command-options.js'

export interface SecurityFlags {
  readonly authTokenFile?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsCa?: string
  readonly tlsClientCa?: string
  readonly insecure?: boolean
}

export const tokenOption: OptionSpec = {
  flags: '--auth-token-file <file>',
  help: 'file with the token that callers present; ARBALEST_TOKEN holds one directly',
}

export const insecureOption: OptionSpec = {
  flags: '--insecure',
  help: 'allow other addresses than loopback without a token',
}

export const serverSecurityOptions: readonly OptionSpec[] = [
  tokenOption,
  { flags: '--tls-cert <file>', help: 'certificate (PEM) of this server' },
  { flags: '--tls-key <file>', help: 'private key (PEM) of this server' },
  { flags: '--tls-ca <file>', help: 'authority (PEM) that certificates of peers are checked against' },
  { flags: '--tls-client-ca <file>', help: 'authority (PEM) of client certificates: only such clients get in' },
  insecureOption,
]

export interface Security {
  readonly tokens: readonly string[]
  readonly insecure: boolean
  readonly serverTls: ServerTls | undefined
  readonly clientTls: ClientTls | undefined
}

/** @throws QueryError INVALID_OPTION */
export function readSecurity(flags: SecurityFlags): Security {
  const token = readToken(flags.authTokenFile)
  return {
    tokens: token === undefined ? [] : [token],
    insecure: flags.insecure === true,
    serverTls: serverTls(flags),
    clientTls: flags.tlsCa === undefined && flags.tlsCert === undefined ? undefined : clientTls(flags),
  }
}

export function readToken(file: string | undefined): string | undefined {
  const text = file === undefined ? process.env['ARBALEST_TOKEN'] : readText('--auth-token-file', file)
  const token = text?.trim()
  if (file !== undefined && (token === undefined || token === '')) {
    throw queryError('INVALID_OPTION', { option: '--auth-token-file', reason: `${file} holds no token` })
  }
  return token === '' ? undefined : token
}

function serverTls(flags: SecurityFlags): ServerTls | undefined {
  const { tlsCert, tlsKey, tlsClientCa } = flags
  if (tlsCert === undefined && tlsKey === undefined && tlsClientCa === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined) {
    throw queryError('INVALID_OPTION', { option: '--tls-cert and --tls-key', reason: 'give both' })
  }
  return {
    cert: readText('--tls-cert', tlsCert),
    key: readText('--tls-key', tlsKey),
    ...(tlsClientCa === undefined ? {} : { clientCa: readText('--tls-client-ca', tlsClientCa) }),
  }
}

function clientTls(flags: SecurityFlags): ClientTls {
  const { tlsCa, tlsCert, tlsKey } = flags
  return {
    ...(tlsCa === undefined ? {} : { ca: readText('--tls-ca', tlsCa) }),
    ...(tlsCert === undefined ? {} : { cert: readText('--tls-cert', tlsCert) }),
    ...(tlsKey === undefined ? {} : { key: readText('--tls-key', tlsKey) }),
  }
}

function readText(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw queryError('INVALID_OPTION', { option, reason: `${path} cannot be read` })
  }
}
