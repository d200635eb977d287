/** The job log in memory: nothing outlives the process, and no more is kept than the jobs that are known. */
import type { JobId } from '@arbalest/common'
import { type JobLogRecord, jobOfRecord } from '../../core/job-log.js'
import type { JobLog } from './job-log-port.js'

export function createMemoryLog(): JobLog {
  const byJob = new Map<JobId, JobLogRecord[]>()
  return {
    append(records) {
      for (const record of records) {
        const jobId = jobOfRecord(record)
        // What executors do as such is for durable logs; here their list tells it.
        if (jobId === undefined) continue
        const known = byJob.get(jobId)
        if (known) known.push(withoutInline(record))
        else if (record.kind === 'job-submitted') byJob.set(jobId, [record])
      }
      return Promise.resolve()
    },
    kept: () => [],
    heldUntilMs: () => Infinity,
    refusal: () => undefined,
    recordsOf: (jobId) => byJob.get(jobId) ?? [],
    forget: (jobId) => void byJob.delete(jobId),
    close: () => Promise.resolve(),
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
