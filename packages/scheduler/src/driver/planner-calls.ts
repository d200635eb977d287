/** Asking the front's planner for the rest of jobs: one call a job, each with an end. */
import { asQueryError, type Clock, type JobId, limits, queryError } from '@arbalest/common'
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

export function createPlannerCalls(clock: Clock, dispatch: (fact: SchedulerFact) => void): PlannerCalls {
  const running = new Map<JobId, AbortController>()
  let planner: UnfoldingPlanner | undefined

  async function unfold(request: UnfoldRequest, abort: AbortController): Promise<SchedulerFact> {
    const { jobId } = request
    const stopTimer = clock.after(limits.unfoldTimeoutMs, () => abort.abort())
    try {
      if (!planner) throw queryError('PLANNER_CRASHED', { reason: 'no planner is attached' })
      const step = await Promise.race([planner.unfold(request, abort.signal), whenAborted(abort.signal)])
      return { kind: 'stages-planned', jobId, step }
    } catch (thrown) {
      return { kind: 'planning-failed', jobId, error: asQueryError(thrown).toWire() }
    } finally {
      stopTimer()
    }
  }

  return {
    offer(offered) {
      planner = offered
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
    },
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const reason = 'the planner did not answer in time'
    signal.addEventListener('abort', () => reject(queryError('PLANNER_CRASHED', { reason })), { once: true })
  })
}
