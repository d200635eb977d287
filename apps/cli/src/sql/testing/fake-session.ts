/** A session by hand: answers by statement, no cluster. */
import { parseJobId, queryError, type JobId } from '@arbalest/common'
import { splitStatements } from '@arbalest/planner'
import type { JobProgress } from '@arbalest/protocol'
import type { SqlRun, SqlSession, TextRow } from '../sql-session.js'

export interface FakeAnswer {
  /** `name type` of each column. */
  readonly columns?: readonly string[]
  readonly rows?: readonly TextRow[]
  readonly bytes?: Uint8Array
  readonly error?: Error
  readonly progress?: JobProgress
  /** Runs until it is cancelled. */
  readonly hangs?: boolean
}

export interface FakeSession extends SqlSession {
  readonly executed: string[]
  readonly cancelled: JobId[]
  /** Rows read so far, of all statements. */
  rowsRead: number
  closed: boolean
  /** Resolves when a statement hangs. */
  readonly hanging: Promise<void>
}

export const fakeJobId = parseJobId('j0123456789abcdef')

export const runningProgress: JobProgress = {
  jobId: fakeJobId, state: 'running', stagesDone: 2, stagesKnown: 3, attemptsRunning: 8,
}

export function fakeSession(answers: Readonly<Record<string, FakeAnswer>> = {}): FakeSession {
  let hang = (): void => undefined
  const hanging = new Promise<void>((resolve) => {
    hang = resolve
  })
  const session: FakeSession = {
    executed: [],
    cancelled: [],
    rowsRead: 0,
    closed: false,
    hanging,
    split: async (text) =>
      splitStatements(text).map(({ text: sql, start }) => ({ sql, start, kind: 'query' })),
    async execute(sql, { signal, onProgress }) {
      session.executed.push(sql)
      const answer = answers[sql] ?? {}
      if (answer.progress !== undefined) onProgress(answer.progress)
      if (answer.hangs === true) await untilAborted(signal, hang)
      if (answer.error !== undefined) throw answer.error
      return fakeRun(answer, session)
    },
    async cancelJob(jobId) {
      session.cancelled.push(jobId)
    },
    async close() {
      session.closed = true
    },
  }
  return session
}

function untilAborted(signal: AbortSignal, hang: () => void): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(queryError('JOB_CANCELLED', { jobId: fakeJobId, reason: 'the caller aborted' }))
    })
    hang()
  })
}

function fakeRun(answer: FakeAnswer, session: { rowsRead: number }): SqlRun {
  const { columns = [], rows = [], bytes } = answer
  return {
    columns: columns.map((column) => {
      const [name = '', ...type] = column.split(' ')
      return { name, type: type.join(' ') }
    }),
    rowCount: rows.length,
    jobId: columns.length === 0 ? undefined : fakeJobId,
    mode: columns.length === 0 ? undefined : 'distributed',
    stages: columns.length === 0 ? 0 : 3,
    async *textRows() {
      for (const row of rows) {
        session.rowsRead++
        yield row
      }
    },
    async *bytes() {
      if (bytes !== undefined) yield bytes
    },
  }
}
