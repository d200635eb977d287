/** A cluster of Arbalest in this process, new for each file: its catalog begins empty. */
import { setTimeout as delay } from 'node:timers/promises'
import { QueryError, SessionContext, startStandalone } from 'arbalest'
import type { Outcome, Subject } from './outcome.js'

export interface ClusterOptions {
  readonly executors: number
  /** Where relative paths start. */
  readonly directory: string
  /** Of each session, as `SET` takes them. */
  readonly settings: Readonly<Record<string, string>>
  readonly timeLimitMs: number
}

const memoryLimit = 1024 ** 3
/** A statement that does not end even when cancelled. */
const cancelGraceMs = 5_000

export async function openCluster(options: ClusterOptions): Promise<Subject> {
  const { executors, directory, settings, timeLimitMs } = options
  const cluster = await startStandalone({ executors, threads: 1, memoryLimit, baseDirectory: directory })
  const sessions = new Map<string, SessionContext>()
  const sessionOf = async (name: string): Promise<SessionContext> => {
    const known = sessions.get(name)
    if (known !== undefined) return known
    const session = await SessionContext.remote(cluster.url, { token: cluster.token, settings })
    sessions.set(name, session)
    return session
  }
  const reconnect = async (): Promise<void> => {
    for (const session of sessions.values()) await session.close()
    sessions.clear()
  }
  return {
    async run(sql, name) {
      const signal = AbortSignal.timeout(timeLimitMs)
      const stuck: Outcome = { kind: 'error', message: 'it did not end when cancelled', timedOut: true }
      const end = new AbortController()
      try {
        return await Promise.race([
          runText(await sessionOf(name), sql, signal),
          delay(timeLimitMs + cancelGraceMs, stuck, { signal: end.signal }),
        ])
      } finally {
        end.abort()
      }
    },
    reconnect,
    async close() {
      await reconnect()
      await cluster.close()
    },
  }
}

/** Runs each statement of the text; the outcome is that of the last one, or the first error. */
async function runText(session: SessionContext, sql: string, signal: AbortSignal): Promise<Outcome> {
  try {
    const pieces = /;\s*\S/.test(sql) ? (await session.split(sql, { signal })).map((piece) => piece.sql) : [sql]
    let outcome: Outcome = { kind: 'rows', types: [], rows: [] }
    for (const piece of pieces) {
      const run = await session.execute(piece, { text: true, signal })
      const rows: (readonly (string | null)[])[] = []
      for await (const row of run.textRows(signal)) rows.push(row)
      const { mode, modeReason, stages } = run
      outcome = { kind: 'rows', types: run.columns.map(({ type }) => type), rows, mode, modeReason, stages }
    }
    return outcome
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const code = error instanceof QueryError ? error.code : undefined
    return { kind: 'error', code, message, timedOut: signal.aborted }
  }
}
