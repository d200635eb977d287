/** The log of a simulated scheduler: what it has survives, and who holds an older lease is refused. */
import type { JobId } from '@arbalest/common'
import { jobOfRecord, type JobLogRecord } from '@arbalest/scheduler/testing'

/** How long a lease holds unless it is renewed. */
const leaseMs = 3_000

export class SimStore {
  /** A bug: whoever once held the lease may still write. */
  ignoresLease = false
  private records: JobLogRecord[] = []
  /** Of whoever has it now. */
  heldUntilMs = 0
  private lease = 0

  /** The next scheduler takes over: from now on only it can write. */
  takeLease(nowMs: number): number {
    this.lease += 1
    this.heldUntilMs = nowMs + leaseMs
    return this.lease
  }

  /** Gives the time until which nobody else can take the lease, or that it is another's. */
  renew(lease: number, nowMs: number): number | undefined {
    if (this.ignoresLease) return Infinity
    if (lease !== this.lease) return undefined
    this.heldUntilMs = nowMs + leaseMs
    return this.heldUntilMs
  }

  /** Tells whether they were taken. */
  append(lease: number, records: readonly JobLogRecord[]): boolean {
    if (lease !== this.lease && !this.ignoresLease) return false
    this.records.push(...records)
    return true
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
