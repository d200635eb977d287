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
  /** The schema of what only this session sees; undefined until it has any. */
  temporarySchema: string | undefined
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
  ({ sessionId, settings, schema: defaultSchema, temporarySchema: undefined, prepared: new Map() })

export function createSessions(
  clock: Clock,
  sessionsMax: number = limits.sessionsMax,
  onEnd: (session: Session) => void = () => undefined,
): Sessions {
  /** The longest unused first. */
  const sessions = new Map<SessionId, Session & { usedMs: number }>()

  const end = (session: Session): void => {
    if (session.sessionId !== undefined) sessions.delete(session.sessionId)
    onEnd(session)
  }

  const endIdle = (): void => {
    const oldest = clock.nowMs() - limits.sessionIdleMs
    for (const session of sessions.values()) {
      if (session.usedMs >= oldest) return
      end(session)
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
    close(sessionId) {
      const session = sessions.get(sessionId)
      if (session !== undefined) end(session)
    },
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
