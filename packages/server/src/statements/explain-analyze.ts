/** EXPLAIN ANALYZE: what the stages of a finished job did, from its records. */
import type { JobId } from '@arbalest/common'
import type { ExplainedPlan, StageOutcome } from '@arbalest/planner'
import type { JobDetails, StageRecord } from '@arbalest/protocol'

/** The run as a whole. */
export interface RunFacts {
  readonly jobId: JobId
  readonly rows: number
  readonly elapsedMs: number
}

/** The plan of a job that has succeeded, with its outcomes. */
export function analyzedPlan(
  jobId: JobId,
  details: JobDetails,
): { readonly plan: ExplainedPlan; readonly run: RunFacts } {
  const { status, stages, decisions } = details
  const plan: ExplainedPlan = {
    mode: status.mode ?? 'whole',
    modeReason: status.modeReason ?? '',
    stages: stages.map((stage) => stage.spec),
    decisions: uniqueDecisions(decisions),
    decisionsAreOpen: false,
    outcomes: new Map(stages.map((stage) => [Number(stage.spec.stageId), outcomeOf(stage)])),
  }
  const elapsedMs = status.endedMs === undefined ? 0 : status.endedMs - status.submittedMs
  return { plan, run: { jobId, rows: status.result?.rows ?? 0, elapsedMs } }
}

/** A choice is met again at every step of the unfolding; it is told once. */
function uniqueDecisions(decisions: JobDetails['decisions']): JobDetails['decisions'] {
  const seen = new Map(decisions.map((decision) => [`${decision.about}|${decision.choice}`, decision]))
  return [...seen.values()]
}

function outcomeOf(stage: StageRecord): StageOutcome {
  const reports = stage.attempts.flatMap((attempt) =>
    attempt.state === 'succeeded' && attempt.report !== undefined ? [{ attempt, report: attempt.report }] : [],
  )
  const sum = (value: (entry: (typeof reports)[number]) => number) =>
    reports.reduce((total, entry) => total + value(entry), 0)
  const placed = reports.flatMap(({ attempt }) => attempt.placedMs ?? [])
  const ended = reports.flatMap(({ attempt }) => attempt.endedMs ?? [])
  return {
    rows: sum(({ report }) => report.rows),
    bytes: sum(({ report }) => report.bytes),
    elapsedMs: placed.length === 0 ? 0 : Math.max(...ended) - Math.min(...placed),
    cpuMs: sum(({ report }) => report.metrics.cpuMs),
    spilledBytes: sum(({ report }) => report.metrics.spilledBytes),
    fetchedBytes: sum(({ report }) => report.metrics.fetchedBytes),
    attempts: stage.attempts.length,
    alternatives: reports.filter(({ report }) => report.tookAlternative === true).length,
    executors: new Set(reports.map(({ attempt }) => attempt.executorId)).size,
  }
}
