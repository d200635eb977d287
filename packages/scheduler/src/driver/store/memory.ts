/** The job log in memory: nothing outlives the process, and no more is kept than the jobs that are known. */
import type { JobId } from '@arbalest/common'
import type { JobLogRecord } from '../../core/job-log.js'

/** Where the log goes. */
export interface JobLog {
  /** Resolves once the records are as safe as this store makes them; their effects wait for it. */
  append(records: readonly JobLogRecord[]): Promise<void>
  /** The records of a job, oldest first; empty when it is unknown. */
  recordsOf(jobId: JobId): readonly JobLogRecord[]
  forget(jobId: JobId): void
  close(): Promise<void>
}

export function createMemoryLog(): JobLog {
  const byJob = new Map<JobId, JobLogRecord[]>()
  return {
    append(records) {
      for (const record of records) {
        const jobId = jobOf(record)
        // What executors do as such is for durable logs; here their list tells it.
        if (jobId === undefined) continue
        const known = byJob.get(jobId)
        if (known) known.push(withoutInline(record))
        else if (record.kind === 'job-submitted') byJob.set(jobId, [record])
      }
      return Promise.resolve()
    },
    recordsOf: (jobId) => byJob.get(jobId) ?? [],
    forget: (jobId) => void byJob.delete(jobId),
    close: () => Promise.resolve(),
  }
}

function jobOf(record: JobLogRecord): JobId | undefined {
  switch (record.kind) {
    case 'executor-joined':
    case 'executor-left':
      return undefined
    case 'attempt-placed':
    case 'attempt-ended':
    case 'output-lost':
    case 'output-found':
      return record.attemptId.split('/')[0] as JobId
    case 'job-submitted':
    case 'plan-unfolded':
    case 'stage-published':
    case 'stages-reset':
    case 'stage-ended':
    case 'job-ended':
    case 'result-released':
    case 'result-lost':
      return record.jobId
  }
}

/** Inline copies are only worth their memory to a log that outlives the process. */
function withoutInline(record: JobLogRecord): JobLogRecord {
  if (record.kind === 'attempt-ended' && record.report?.inline !== undefined) {
    const { inline: _dropped, ...report } = record.report
    return { ...record, report }
  }
  if (record.kind !== 'job-ended') return record
  return { ...record, parts: record.parts.map(({ inline: _dropped, ...part }) => part) }
}
