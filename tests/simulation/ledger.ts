/**
 * What has happened, written down from the log records alone: checks compare the scheduler's deeds with
 * this and never with the scheduler's own state.
 */
import { type AttemptId, type ExecutorId, type JobId, parseAttemptId } from '@arbalest/common'
import type { AttemptReport, StageSpec } from '@arbalest/plan'
import type { JobLogRecord } from '@arbalest/scheduler/testing'

export interface LedgerStage {
  readonly spec: StageSpec
  readonly readers: LedgerStage[]
  hasSucceeded: boolean
  /** The committed attempt of each task. */
  readonly outputs: Map<number, AttemptId>
}

export interface LedgerJob {
  readonly stages: Map<number, LedgerStage>
  end: 'succeeded' | 'failed' | 'cancelled' | undefined
  isReleased: boolean
}

export interface LedgerAttempt {
  readonly executorId: ExecutorId | undefined
  isEnded: boolean
  report: AttemptReport | undefined
}

export class Ledger {
  readonly jobs = new Map<JobId, LedgerJob>()
  readonly attempts = new Map<AttemptId, LedgerAttempt>()
  readonly joined = new Set<ExecutorId>()

  /** Enters a record; checks look at the ledger before. */
  enter(record: JobLogRecord): void {
    switch (record.kind) {
      case 'job-submitted':
        this.jobs.set(record.jobId, { stages: new Map(), end: undefined, isReleased: false })
        return
      case 'job-planned-anew':
        this.jobs.get(record.jobId)?.stages.clear()
        return
      case 'stage-published':
        return this.publish(record.jobId, record.spec)
      case 'attempt-placed':
        this.attempts.set(record.attemptId, { executorId: record.executorId, isEnded: false, report: undefined })
        return
      case 'attempt-ended': {
        const attempt = this.attempts.get(record.attemptId)
        const ended = { executorId: record.executorId, isEnded: true, report: record.report }
        this.attempts.set(record.attemptId, { ...attempt, ...ended })
        if (record.state === 'succeeded') this.put(record.attemptId)
        return
      }
      case 'output-lost': {
        const { stage, task } = this.place(record.attemptId)
        stage?.outputs.delete(task)
        return
      }
      case 'output-found': {
        const { job } = this.place(record.attemptId)
        if (job?.end !== undefined) return
        return this.put(record.attemptId)
      }
      case 'stage-ended': {
        const stage = this.jobs.get(record.jobId)?.stages.get(record.stageId)
        if (stage && record.state === 'succeeded') stage.hasSucceeded = true
        return
      }
      case 'job-ended': {
        const job = this.jobs.get(record.jobId)
        if (job) job.end = record.state
        return
      }
      case 'result-released': {
        const job = this.jobs.get(record.jobId)
        if (job) job.isReleased = true
        return
      }
      case 'executor-joined':
        this.joined.add(record.announcement.executorId)
        return
      case 'executor-left':
        this.joined.delete(record.executorId)
        return
      case 'executor-set-aside':
      case 'executor-trusted':
      case 'executor-ordered':
      case 'plan-unfolded':
      case 'attempt-opened':
      case 'attempt-replaced':
      case 'stages-reset':
      case 'result-lost':
        return
    }
  }

  /** What an attempt belongs to. */
  place(id: AttemptId): { job: LedgerJob | undefined; stage: LedgerStage | undefined; task: number } {
    const { jobId, stageId, task } = parseAttemptId(id)
    const job = this.jobs.get(jobId)
    return { job, stage: job?.stages.get(stageId), task }
  }

  private publish(jobId: JobId, spec: StageSpec): void {
    const job = this.jobs.get(jobId)
    if (!job) return
    const stage: LedgerStage = { spec, readers: [], hasSucceeded: false, outputs: new Map() }
    job.stages.set(spec.stageId, stage)
    for (const input of spec.inputs) {
      if (input.kind === 'shuffle') job.stages.get(input.stageId)?.readers.push(stage)
    }
  }

  private put(id: AttemptId): void {
    const { stage, task } = this.place(id)
    stage?.outputs.set(task, id)
  }
}
