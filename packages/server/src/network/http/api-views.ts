/** Jobs, stages and executors as the REST routes show them: Ballista's field names, ours beside them. */
import type {
  AttemptRecord,
  ExecutorRecord,
  JobState,
  JobStatus,
  StageRecord,
} from '@arbalest/protocol'

/** Ballista's words for the states of a job. */
const jobWords: Readonly<Record<JobState, 'Queued' | 'Running' | 'Completed' | 'Failed'>> = {
  queued: 'Queued',
  planning: 'Queued',
  running: 'Running',
  succeeded: 'Completed',
  failed: 'Failed',
  cancelled: 'Failed',
}

export function jobView(status: JobStatus, sql?: string) {
  const { stagesDone, stagesKnown, startedMs, submittedMs, endedMs, error, result } = status
  const word = jobWords[status.state]
  return {
    job_id: status.jobId,
    job_name: status.name ?? '',
    job_status: error === undefined ? word : `${word}: ${error.message}`,
    status: word,
    num_stages: stagesKnown,
    completed_stages: stagesDone,
    percent_complete:
      status.state === 'succeeded'
        ? 100
        : Math.floor((100 * stagesDone) / Math.max(stagesKnown, 1)),
    start_time: startedMs ?? submittedMs,
    end_time: endedMs ?? 0,
    state: status.state,
    pool: status.pool ?? 'default',
    priority: status.priority,
    mode: status.mode ?? null,
    mode_reason: status.modeReason,
    submitted_ms: submittedMs,
    started_ms: startedMs,
    ended_ms: endedMs,
    duration_ms: endedMs === undefined ? undefined : endedMs - submittedMs,
    output_rows: result?.rows,
    output_bytes: result?.bytes,
    error:
      error === undefined
        ? undefined
        : { code: error.code, message: error.message, position: error.position },
    sql,
  }
}

export function stageView({ spec, state, attempts }: StageRecord) {
  const reports = attempts.flatMap(({ report }) => (report === undefined ? [] : [report]))
  const sum = (of: (report: (typeof reports)[number]) => number): number =>
    reports.reduce((total, report) => total + of(report), 0)
  return {
    stage_id: spec.stageId,
    stage_status: state === 'succeeded' ? 'Successful' : state[0]?.toUpperCase() + state.slice(1),
    state,
    name: spec.exchange,
    reason: spec.reason,
    input_rows: sum((report) => report.metrics.inputRows),
    output_rows: sum((report) => report.rows),
    output_bytes: sum((report) => report.bytes),
    elapsed_compute: sum((report) => report.metrics.cpuMs),
    estimate_rows: spec.estimatedRows,
    tasks: attempts.map(taskView),
  }
}

function taskView({
  attemptId,
  task,
  executorId,
  state,
  placedMs,
  endedMs,
  report,
  error,
}: AttemptRecord) {
  const metrics = report?.metrics
  return {
    id: task,
    attempt_id: attemptId,
    status:
      { succeeded: 'Successful', failed: 'Failed', lost: 'Failed', cancelled: 'Failed' }[
        state as string
      ] ?? 'Running',
    state,
    executor_id: executorId ?? null,
    launch_time: placedMs,
    start_exec_time: metrics?.startedMs,
    end_fetch_time: metrics?.fetchedMs,
    end_exec_time: metrics?.committedMs,
    finish_time: endedMs,
    exec_duration: metrics === undefined ? undefined : metrics.committedMs - metrics.startedMs,
    input_rows: metrics?.inputRows,
    fetched_bytes: metrics?.fetchedBytes,
    output_rows: report?.rows,
    output_bytes: report?.bytes,
    error: error === undefined ? undefined : { code: error.code, message: error.message },
  }
}

export function executorView({
  registration,
  state,
  standing,
  isCordoned,
  lastSeenMs,
  health,
  runningAttempts,
}: ExecutorRecord) {
  return {
    id: registration.executorId,
    host: registration.host,
    port: registration.port,
    last_seen: lastSeenMs,
    specification: { vcores: registration.slots },
    metrics: [],
    state: isCordoned && state === 'active' ? 'set_aside' : state,
    standing,
    labels: registration.labels ?? [],
    version: registration.version,
    slots_total: registration.slots,
    slots_used: runningAttempts,
    threads: registration.threads,
    memory_limit_bytes: registration.memoryLimitBytes,
    memory_bytes: health?.residentBytes ?? null,
    disk_used_bytes: health?.workDirBytes ?? null,
  }
}
