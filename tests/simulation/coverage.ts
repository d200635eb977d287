/** Which events have met which states, of all that there are: what no seed reaches is not tested. */
import type { AttemptId, ExecutorId, JobId } from '@arbalest/common'
import type { ExecutorEvent, ExecutorState } from '@arbalest/executor/testing'
import { type ClusterState, findAttempt, type SchedulerEvent, type Timer } from '@arbalest/scheduler/testing'
import { unreachable } from './unreachable.js'

const executorStates = ['unknown', 'active', 'suspect', 'draining', 'lost'] as const
const jobStates = ['unknown', 'queued', 'planning', 'running', 'succeeded', 'failed', 'cancelled'] as const
const stageStates = ['waiting', 'ready', 'running', 'succeeded', 'failed', 'skipped', 'cancelled'] as const
const attemptStates = [
  'unknown', 'waiting', 'backing off', 'placed', 'running', 'succeeded', 'failed', 'lost', 'cancelled',
] as const
const phases = [
  'unknown', 'received', 'fetching', 'running', 'committing', 'succeeded', 'failed', 'cancelled', 'closed',
] as const
const news = ['running', 'succeeded', 'failed', 'cancelled'] as const

/** Every pair, as `event × state`. */
const allCells: readonly string[] = [
  ...cells(
    ['executor-attached', 'executor-detached', 'heartbeat', 'executor-draining', 'executor-ordered'], 'executor',
    executorStates),
  ...cells(['silence', 'reattach'], 'executor', executorStates),
  ...cells(['probation'], 'executor', ['active', 'suspect', 'draining']),
  ...cells(news, 'attempt', attemptStates),
  ...cells(news, 'stage', stageStates),
  ...cells(['scheduler-restarted'], 'executor', ['suspect', 'lost']),
  ...cells(['scheduler-restarted'], 'job', jobStates.slice(1)),
  ...cells(['retry'], 'attempt', attemptStates),
  ...cells(['stages-planned', 'planning-failed', 'cancel-requested', 'result-released'], 'job', jobStates),
  ...cells(['client-came', 'client-left'], 'job', jobStates),
  ...cells(['no-executor', 'job-timeout', 'abandoned', 'retention'], 'job', jobStates),
  ...cells(['job-submitted'], 'cluster', ['with executors', 'without executors', 'full']),
  ...cells(['launch', 'cancel', 'fetched', 'computed', 'committed', 'stopped'], 'phase', phases),
  ...cells(['forget-job'], 'held job', ['unknown', 'idle', 'busy', 'leaving', 'closed']),
  ...cells(['stream-opened', 'registered', 'stream-closed'], 'held stream', ['attached', 'detached', 'closed']),
  ...cells(['drain', 'drain-expired', 'engine-crashed', 'ended'], 'process', ['idle', 'busy', 'draining', 'closed']),
]

function cells(events: readonly string[], what: string, states: readonly string[]): readonly string[] {
  return events.flatMap((event) => states.map((state) => `${event} × ${what} ${state}`))
}

export class Coverage {
  private readonly counts = new Map<string, number>()

  add(other: Coverage): void {
    for (const [cell, count] of other.counts) this.counts.set(cell, (this.counts.get(cell) ?? 0) + count)
  }

  get reached(): number {
    return allCells.filter((cell) => this.counts.has(cell)).length
  }

  get known(): number {
    return allCells.length
  }

  /** Pairs that were never met and have no reason for it. */
  missing(): readonly string[] {
    return allCells.filter((cell) => !this.counts.has(cell) && !unreachable.has(cell))
  }

  /** Pairs that were met although they are said not to be reachable, and names that are no pairs. */
  wronglyUnreachable(): readonly string[] {
    return [...unreachable.keys()].filter((cell) => this.counts.has(cell) || !allCells.includes(cell))
  }

  table(): string {
    return allCells
      .map((cell) => `${String(this.counts.get(cell) ?? 0).padStart(9)}  ${cell}${reasonOf(cell)}`)
      .join('\n')
  }

  noteSchedulerEvent(state: ClusterState, event: SchedulerEvent): void {
    switch (event.kind) {
      case 'executor-attached':
        return this.noteExecutor(state, event.kind, event.announcement.executorId)
      case 'executor-detached':
      case 'heartbeat':
      case 'executor-draining':
      case 'executor-ordered':
        return this.noteExecutor(state, event.kind, event.executorId)
      case 'attempt-updates':
        for (const { kind, attemptId } of event.updates) this.noteNews(state, kind, attemptId)
        return
      case 'job-submitted': {
        const isFull = state.live.size >= state.limits.jobsMax
        const isEmpty = [...state.executors.values()].every((executor) => executor.state !== 'active')
        return this.note(event.kind, 'cluster', isFull ? 'full' : isEmpty ? 'without executors' : 'with executors')
      }
      case 'stages-planned':
      case 'planning-failed':
      case 'cancel-requested':
      case 'client-came':
      case 'client-left':
      case 'result-released':
        return this.noteJob(state, event.kind, event.jobId)
      case 'timer-fired':
        return this.noteTimer(state, event.timer)
      case 'scheduler-restarted':
        for (const { state: its } of state.executors.values()) this.note(event.kind, 'executor', its)
        for (const job of state.jobs.values()) this.note(event.kind, 'job', job.state)
        return
    }
  }

  noteExecutorEvent(state: ExecutorState, event: ExecutorEvent): void {
    const { closed, attached, draining } = state
    switch (event.kind) {
      case 'launch':
        for (const { attemptId } of event.attempts) this.notePhase(state, 'launch', attemptId)
        return
      case 'cancel':
        for (const id of event.attemptIds) this.notePhase(state, 'cancel', id)
        return
      case 'fetched':
      case 'computed':
      case 'committed':
      case 'stopped':
        return this.notePhase(state, event.kind, event.attemptId)
      case 'forget-job':
        return this.note(event.kind, 'held job', closed ? 'closed' : heldJob(state, event.jobId))
      case 'stream-opened':
      case 'registered':
      case 'stream-closed':
        return this.note(event.kind, 'held stream', closed ? 'closed' : attached ? 'attached' : 'detached')
      case 'engine-crashed':
      case 'drain':
      case 'drain-expired':
      case 'ended': {
        const isBusy = [...state.attempts.values()].some(({ phase }) => !isOver(phase))
        return this.note(event.kind, 'process', closed ? 'closed' : draining ? 'draining' : isBusy ? 'busy' : 'idle')
      }
    }
  }

  private note(event: string, what: string, state: string): void {
    const cell = `${event} × ${what} ${state}`
    this.counts.set(cell, (this.counts.get(cell) ?? 0) + 1)
  }

  private noteExecutor(state: ClusterState, event: string, id: ExecutorId): void {
    this.note(event, 'executor', state.executors.get(id)?.state ?? 'unknown')
  }

  private noteJob(state: ClusterState, event: string, id: JobId): void {
    this.note(event, 'job', state.jobs.get(id)?.state ?? 'unknown')
  }

  private noteNews(state: ClusterState, event: string, id: AttemptId): void {
    const place = findAttempt(state, id)
    this.note(event, 'attempt', attemptStateOf(place?.attempt))
    if (place) this.note(event, 'stage', place.stage.state)
  }

  private notePhase(state: ExecutorState, event: string, id: AttemptId): void {
    this.note(event, 'phase', state.closed ? 'closed' : (state.attempts.get(id)?.phase ?? 'unknown'))
  }

  private noteTimer(state: ClusterState, timer: Timer): void {
    switch (timer.kind) {
      case 'silence':
      case 'reattach':
      case 'probation':
        return this.noteExecutor(state, timer.kind, timer.executorId)
      case 'retry': {
        const task = state.jobs.get(timer.jobId)?.stages.get(timer.stageId)?.tasks[timer.task]
        return this.note('retry', 'attempt', attemptStateOf(task?.attempts.at(-1)))
      }
      case 'no-executor':
      case 'job-timeout':
      case 'abandoned':
      case 'retention':
        return this.noteJob(state, timer.kind, timer.jobId)
    }
  }
}

function attemptStateOf(attempt: { readonly state: string; readonly delayed: boolean } | undefined): string {
  if (!attempt) return 'unknown'
  return attempt.delayed ? 'backing off' : attempt.state
}

function heldJob(state: ExecutorState, jobId: JobId): string {
  if (state.leavingJobs.has(jobId)) return 'leaving'
  const own = [...state.attempts.values()].filter((attempt) => attempt.jobId === jobId)
  if (own.length === 0) return 'unknown'
  return own.every(({ phase }) => isOver(phase)) ? 'idle' : 'busy'
}

const isOver = (phase: string): boolean => phase === 'succeeded' || phase === 'failed' || phase === 'cancelled'

function reasonOf(cell: string): string {
  const reason = unreachable.get(cell)
  return reason === undefined ? '' : `  (unreachable: ${reason})`
}
