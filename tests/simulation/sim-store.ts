/** The log of a simulated scheduler: what it has survives, and who holds an older lease is refused. */
import type { JobId } from '@arbalest/common'
import { jobOfRecord, type JobLogRecord } from '@arbalest/scheduler/testing'

export class SimStore {
  /** A bug: whoever once held the lease may still write. */
  ignoresLease = false
  private records: JobLogRecord[] = []
  private lease = 0

  /** The next scheduler takes over: from now on only it can write. */
  takeLease(): number {
    this.lease += 1
    return this.lease
  }

  /** Tells whether they were taken. */
  append(lease: number, records: readonly JobLogRecord[]): boolean {
    if (!this.accepts(lease)) return false
    this.records.push(...records)
    return true
  }

  accepts(lease: number): boolean {
    return lease === this.lease || this.ignoresLease
  }

  forget(jobId: JobId): void {
    this.records = this.records.filter((record) => jobOfRecord(record) !== jobId)
  }

  /** Job by job, each in its order, those of executors before or behind. */
  kept(executorsFirst: boolean): readonly JobLogRecord[] {
    const jobs = new Set(this.records.map(jobOfRecord))
    const of = (jobId: JobId | undefined) => this.records.filter((record) => jobOfRecord(record) === jobId)
    const ofExecutors = of(undefined)
    const ofJobs = [...jobs].flatMap((jobId) => (jobId === undefined ? [] : of(jobId)))
    return executorsFirst ? [...ofExecutors, ...ofJobs] : [...ofJobs, ...ofExecutors]
  }
}
