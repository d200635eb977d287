/** Runs the statements of texts one after the other and hands what they give to a sink. */
import { asQueryError, queryError, type JobId } from '@arbalest/common'
import { OutputGone } from './output.js'
import type { ProgressLine } from './progress-line.js'
import type { SqlSession } from './sql-session.js'
import type { NumberedStatement, StatementContext, StatementSink } from './statement-sink.js'

/** The first failure, or an interruption, decides. */
export type TextOutcome = 'succeeded' | 'failed' | 'interrupted'

export interface StatementRunner {
  /** @throws OutputGone, QueryError when results cannot be written */
  runText(text: string): Promise<TextOutcome>
  /** Cancels what runs. False when nothing runs, or it is being cancelled already. */
  interrupt(): boolean
}

export interface StatementRunnerOptions {
  readonly session: SqlSession
  readonly sink: StatementSink
  /** Whether statements after a failed one run. */
  readonly keepGoing: boolean
  /** Aborts when the reader of the results has gone. */
  readonly outputGone: AbortSignal
  readonly startProgress: () => ProgressLine
  readonly nowMs: () => number
}

/** What runs at the moment. */
interface Running {
  readonly abort: AbortController
  jobId: JobId | undefined
  cancelled: Promise<unknown> | undefined
}

export function createStatementRunner(options: StatementRunnerOptions): StatementRunner {
  const { session, sink, keepGoing, outputGone, startProgress, nowMs } = options
  let running: Running | undefined
  let count = 0

  /** Runs a step of a statement; its failure goes to the sink. */
  const attempt = async (
    statement: NumberedStatement,
    step: (state: Running, context: StatementContext) => Promise<void>,
  ): Promise<TextOutcome> => {
    const state: Running = { abort: new AbortController(), jobId: undefined, cancelled: undefined }
    const startedMs = nowMs()
    const signal = AbortSignal.any([state.abort.signal, outputGone])
    const context: StatementContext = { statement, signal, elapsedMs: () => nowMs() - startedMs }
    running = state
    try {
      await step(state, context)
      return 'succeeded'
    } catch (thrown) {
      if (thrown instanceof OutputGone) throw thrown
      if (outputGone.aborted) throw outputGone.reason
      const interrupted = state.abort.signal.aborted
      await sink.failed(interrupted ? interruption(state.jobId, thrown) : asQueryError(thrown), context)
      return interrupted ? 'interrupted' : 'failed'
    } finally {
      running = undefined
      await state.cancelled
    }
  }

  const runOne = async (sql: string, state: Running, context: StatementContext): Promise<void> => {
    const progress = startProgress()
    try {
      const run = await session.execute(sql, {
        signal: context.signal,
        text: sink.text,
        onProgress(known) {
          state.jobId = known.jobId
          progress.update(known)
        },
      })
      state.jobId = run.jobId
      progress.stop()
      await sink.succeeded(run, context)
    } finally {
      progress.stop()
    }
  }

  return {
    async runText(text) {
      let pieces: readonly { readonly sql: string }[] = []
      const split = await attempt({ number: count + 1, sql: text }, async (_, { signal }) => {
        pieces = await session.split(text, { signal })
      })
      if (split !== 'succeeded') {
        count++
        return split
      }
      let outcome: TextOutcome = 'succeeded'
      for (const { sql } of pieces) {
        const one = await attempt({ number: ++count, sql }, (state, context) => runOne(sql, state, context))
        if (one !== 'succeeded') outcome = one
        if (one === 'interrupted' || (one === 'failed' && !keepGoing)) return one
      }
      return outcome
    },
    interrupt() {
      if (running === undefined || running.abort.signal.aborted) return false
      running.abort.abort()
      // Jobs of a session that lets them outlive their client end on request alone.
      const { jobId } = running
      if (jobId !== undefined) {
        running.cancelled = session.cancelJob(jobId, 'interrupted').catch(() => undefined)
      }
      return true
    },
  }
}

function interruption(jobId: JobId | undefined, cause: unknown) {
  const options = jobId === undefined ? { cause } : { cause, jobId }
  return queryError('JOB_CANCELLED', { jobId: jobId ?? 'of the statement', reason: 'interrupted' }, options)
}
