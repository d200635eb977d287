/**
 * Asking the front's planner for the rest of jobs: one call a job, each with an end. A front that goes is waited
 * for, and its successor asked the same.
 */
import { asQueryError, type Clock, type JobId, limits, queryError } from '@arbalest/common'
import type { UnfoldStep } from '@arbalest/plan'
import type { UnfoldingPlanner, UnfoldRequest } from '@arbalest/protocol'
import type { SchedulerFact } from '../core/event.js'

export interface PlannerCalls {
  /** The planner that is asked from now on. */
  offer(planner: UnfoldingPlanner): void
  /** Asks; the answer becomes an event. */
  ask(request: UnfoldRequest): void
  stop(jobId: JobId): void
  close(): void
}

/** `graceMs`: how long a job waits for a planner to be offered. */
export function createPlannerCalls(
  clock: Clock,
  dispatch: (fact: SchedulerFact) => void,
  graceMs: number = limits.noExecutorGraceMs,
): PlannerCalls {
  const running = new Map<JobId, AbortController>()
  let planner: UnfoldingPlanner | undefined
  const waiting = new Set<() => void>()

  async function unfold(request: UnfoldRequest, abort: AbortController): Promise<SchedulerFact> {
    const { jobId } = request
    const stopTimer = clock.after(limits.unfoldTimeoutMs, () => abort.abort())
    const tooLate = whenAborted(abort.signal)
    try {
      return { kind: 'stages-planned', jobId, step: await Promise.race([askUntilAnswered(request, abort), tooLate]) }
    } catch (thrown) {
      return { kind: 'planning-failed', jobId, error: asQueryError(thrown).toWire() }
    } finally {
      stopTimer()
    }
  }

  async function askUntilAnswered(request: UnfoldRequest, { signal }: AbortController): Promise<UnfoldStep> {
    for (;;) {
      const asked = planner ?? (await nextPlanner())
      try {
        return await asked.unfold(request, signal)
      } catch (thrown) {
        if (signal.aborted || asQueryError(thrown).code !== 'FRONT_LOST') throw thrown
        if (planner === asked) planner = undefined
      }
    }
  }

  async function nextPlanner(): Promise<UnfoldingPlanner> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        stopTimer()
        waiting.delete(wake)
        resolve()
      }
      const stopTimer = clock.after(graceMs, wake)
      waiting.add(wake)
    })
    if (!planner) throw queryError('PLANNER_CRASHED', { reason: 'no planner is attached' })
    return planner
  }

  return {
    offer(offered) {
      planner = offered
      for (const wake of [...waiting]) wake()
    },
    ask(request) {
      const { jobId } = request
      const abort = new AbortController()
      running.set(jobId, abort)
      void unfold(request, abort).then((answer) => {
        // A call that was stopped and its successor do not answer for each other.
        if (running.get(jobId) !== abort) return
        running.delete(jobId)
        dispatch(answer)
      })
    },
    stop(jobId) {
      const abort = running.get(jobId)
      running.delete(jobId)
      abort?.abort()
    },
    close() {
      const all = [...running.values()]
      running.clear()
      for (const abort of all) abort.abort()
      for (const wake of [...waiting]) wake()
    },
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const reason = 'the planner did not answer in time'
    signal.addEventListener('abort', () => reject(queryError('PLANNER_CRASHED', { reason })), { once: true })
  })
}
