/** Tickets: what a client shows to read the rows of a finished job. Each is a secret and holds for a time. */
import { randomBytes } from 'node:crypto'
import { limits, type Clock, type JobId } from '@arbalest/common'

export interface ResultTickets {
  /** A job has one ticket, however often it is asked for. */
  issue(jobId: JobId): Uint8Array
  /** `undefined` for a ticket that was never given or has expired. */
  jobOf(ticket: Uint8Array): JobId | undefined
  end(ticket: Uint8Array): void
}

interface Ticket {
  readonly jobId: JobId
  readonly bytes: Uint8Array
  readonly expiresMs: number
}

/** `onForgotten` hears of jobs whose rows nobody can ask for any more. */
export function createResultTickets(
  clock: Clock,
  onForgotten: (jobId: JobId) => void,
  ticketsMax: number = limits.ticketsMax,
): ResultTickets {
  /** The oldest first, so that they expire in this order. */
  const tickets = new Map<string, Ticket>()
  const byJob = new Map<JobId, Ticket>()

  const forget = (key: string): void => {
    const ticket = tickets.get(key)
    tickets.delete(key)
    if (ticket !== undefined) byJob.delete(ticket.jobId)
  }

  const makeRoom = (): void => {
    const nowMs = clock.nowMs()
    for (const [key, { jobId, expiresMs }] of tickets) {
      if (expiresMs >= nowMs && tickets.size < ticketsMax) return
      forget(key)
      onForgotten(jobId)
    }
  }

  return {
    issue(jobId) {
      makeRoom()
      const known = byJob.get(jobId)
      if (known !== undefined) return known.bytes
      const bytes = randomBytes(32)
      const ticket = { jobId, bytes, expiresMs: clock.nowMs() + limits.resultRetentionMs }
      tickets.set(bytes.toString('hex'), ticket)
      byJob.set(jobId, ticket)
      return bytes
    },
    jobOf(bytes) {
      const ticket = tickets.get(Buffer.from(bytes).toString('hex'))
      return ticket === undefined || ticket.expiresMs < clock.nowMs() ? undefined : ticket.jobId
    },
    end: (bytes) => forget(Buffer.from(bytes).toString('hex')),
  }
}
