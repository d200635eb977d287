/** Sessions: the settings of a client and its schema, kept on the server under an id that the server made. */
import { randomBytes } from 'node:crypto'
import {
  defaultSchema, defaultSettings, idFromBytes, limits, queryError, type Clock, type SessionId, type SessionSettings,
} from '@arbalest/common'

export interface Session {
  readonly sessionId: SessionId | undefined
  settings: SessionSettings
  /** Where names without a schema are looked up first, and where new tables go. */
  schema: string
  /** By name in lower case. */
  readonly prepared: Map<string, PreparedStatement>
}

/** A statement of PREPARE. */
export interface PreparedStatement {
  readonly sql: string
}

export interface Sessions {
  /** @throws QueryError LIMIT_EXCEEDED */
  open(settings: SessionSettings): SessionId
  close(sessionId: SessionId): void
  /** Without an id: a session of the request's own. @throws QueryError UNKNOWN_SESSION */
  find(sessionId: SessionId | undefined): Session
}

const newSession = (sessionId: SessionId | undefined, settings: SessionSettings): Session =>
  ({ sessionId, settings, schema: defaultSchema, prepared: new Map() })

export function createSessions(clock: Clock, sessionsMax: number = limits.sessionsMax): Sessions {
  /** The longest unused first. */
  const sessions = new Map<SessionId, Session & { usedMs: number }>()

  const endIdle = (): void => {
    const oldest = clock.nowMs() - limits.sessionIdleMs
    for (const [sessionId, { usedMs }] of sessions) {
      if (usedMs >= oldest) return
      sessions.delete(sessionId)
    }
  }

  return {
    open(settings) {
      endIdle()
      if (sessions.size >= sessionsMax) {
        throw queryError('LIMIT_EXCEEDED', { what: 'open sessions', limit: sessionsMax })
      }
      const sessionId = idFromBytes('s', randomBytes(16)) as SessionId
      sessions.set(sessionId, { ...newSession(sessionId, settings), usedMs: clock.nowMs() })
      return sessionId
    },
    close: (sessionId) => void sessions.delete(sessionId),
    find(sessionId) {
      if (sessionId === undefined) return newSession(sessionId, defaultSettings)
      endIdle()
      const session = sessions.get(sessionId)
      if (session === undefined) throw queryError('UNKNOWN_SESSION', { sessionId })
      session.usedMs = clock.nowMs()
      sessions.delete(sessionId)
      sessions.set(sessionId, session)
      return session
    },
  }
}
