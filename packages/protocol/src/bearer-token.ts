/** Bearer tokens, the same on gRPC and HTTP: who presents none of the known ones is refused. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { queryError, type QueryError } from '@arbalest/common'

/** Says what is wrong with the value of an `Authorization` header, or `undefined` when it is good. */
export type TokenCheck = (authorization: string | undefined) => QueryError | undefined

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Without tokens everybody is let in. The time of a check does not depend on what is presented. */
export function tokenCheck(tokens: readonly string[]): TokenCheck {
  const known = tokens.map(digest)
  return (authorization) => {
    if (known.length === 0) return undefined
    const presented = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(authorization ?? '')?.[1]
    if (presented === undefined)
      return queryError('UNAUTHENTICATED', { reason: 'a bearer token is needed' })
    const hash = digest(presented)
    const matches = known.map((one) => timingSafeEqual(one, hash))
    if (matches.includes(true)) return undefined
    return queryError('UNAUTHENTICATED', { reason: 'the bearer token is not known here' })
  }
}
