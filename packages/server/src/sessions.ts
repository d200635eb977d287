/** Sessions: the settings of a client, kept on the server under an id that the server made. */
import { randomBytes } from 'node:crypto'
import {
  defaultSettings, idFromBytes, limits, queryError, type Clock, type SessionId, type SessionSettings,
} from '@arbalest/common'
import { changeSetting } from './settings.js'

export interface Session {
  readonly sessionId: SessionId | undefined
  settings: SessionSettings
}

export interface Sessions {
  /** @throws QueryError UNKNOWN_SETTING, INVALID_SETTING, LIMIT_EXCEEDED */
  open(settings: Readonly<Record<string, string>>): SessionId
  close(sessionId: SessionId): void
  /** Without an id: a session of the request's own. @throws QueryError UNKNOWN_SESSION */
  find(sessionId: SessionId | undefined): Session
}

export function createSessions(clock: Clock): Sessions {
  const sessions = new Map<SessionId, Session & { usedMs: number }>()

  const endIdle = (): void => {
    const oldest = clock.nowMs() - limits.sessionIdleMs
    for (const [sessionId, { usedMs }] of sessions) if (usedMs < oldest) sessions.delete(sessionId)
  }

  return {
    open(settings) {
      endIdle()
      if (sessions.size >= limits.sessionsMax) {
        throw queryError('LIMIT_EXCEEDED', { what: 'open sessions', limit: limits.sessionsMax })
      }
      let changed = defaultSettings
      for (const [name, value] of Object.entries(settings)) changed = changeSetting(changed, name, value)
      const sessionId = idFromBytes('s', randomBytes(16)) as SessionId
      sessions.set(sessionId, { sessionId, settings: changed, usedMs: clock.nowMs() })
      return sessionId
    },
    close: (sessionId) => void sessions.delete(sessionId),
    find(sessionId) {
      if (sessionId === undefined) return { sessionId, settings: defaultSettings }
      endIdle()
      const session = sessions.get(sessionId)
      if (session === undefined) throw queryError('UNKNOWN_SESSION', { sessionId })
      session.usedMs = clock.nowMs()
      return session
    },
  }
}
