/** One small GET, with token and TLS. */
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { ClientTls } from '@arbalest/protocol'

export interface HttpTarget {
  readonly host: string
  readonly port: number
  readonly token?: string | undefined
  /** `undefined` speaks without TLS. */
  readonly tls?: ClientTls | undefined
}

const timeoutMs = 3_000
const bodyLengthMax = 64 * 1024

/** @throws Error when nobody answers in time */
export function httpGet(
  { host, port, token, tls }: HttpTarget,
  path: string,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const signal = AbortSignal.timeout(timeoutMs)
    const options = { host, port, path, headers, agent: false as const, signal }
    const request = tls === undefined ? httpRequest(options) : httpsRequest({ ...options, ...tls })
    request.on('response', (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        if (body.length < bodyLengthMax) body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end()
  })
}
