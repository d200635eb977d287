/** Taking up a job whose server was gone. */
import { queryError, type JobId } from '@arbalest/common'
import type { JobAnswer, JobProgress } from '@arbalest/protocol'
import { expect, test } from 'vitest'
import { giveUpStatement, resumeJob } from './resume-job.js'

const jobId = 'jaaaaaaaaaaaaaaaa' as JobId
const columns = [{ name: 'n', type: 'INTEGER' }]
const cutOff = queryError('SCHEDULER_UNREACHABLE', { address: 'x', reason: 'gone' })
const progress = { jobId, state: 'running', stagesDone: 1, stagesKnown: 2, attemptsRunning: 1 } as const
const running: JobAnswer = { progress, error: undefined, result: undefined }
const result = {
  columns: [], rowCount: 1, data: { kind: 'none' }, jobId, mode: 'whole', modeReason: '', stages: 1,
} as const
const done: JobAnswer = { progress: { ...progress, state: 'succeeded' }, error: undefined, result }

test('it is asked for until a server answers and the job has ended', async () => {
  const { front, told, options } = scripted([cutOff, cutOff, running, done])
  expect(await resumeJob(front, { jobId, columns }, options)).toEqual({ ...result, columns })
  expect(told).toEqual([progress])
})

test('a server that has lost the job leaves the caller with what is known: that it was cut off', async () => {
  const { front, options } = scripted([queryError('UNKNOWN_JOB', { jobId })])
  await expect(resumeJob(front, { jobId, columns }, options)).rejects.toBe(cutOff)
})

test('so does one that ended the job for want of its client; a job that failed tells why', async () => {
  const ended = (state: 'cancelled' | 'failed'): JobAnswer =>
    ({ ...running, progress: { ...progress, state }, error: queryError('EXECUTION_ERROR', { reason: 'x' }).toWire() })
  const cancelled = scripted([ended('cancelled')])
  await expect(resumeJob(cancelled.front, { jobId, columns }, cancelled.options)).rejects.toBe(cutOff)
  const failed = scripted([ended('failed')])
  await expect(resumeJob(failed.front, { jobId, columns }, failed.options))
    .rejects.toMatchObject({ code: 'EXECUTION_ERROR' })
})

test('a caller that aborts cancels the job', async () => {
  const aborter = new AbortController()
  const { front, options, cancelled } = scripted([running, running, running])
  const resumed = resumeJob(front, { jobId, columns }, { ...options, signal: aborter.signal })
  aborter.abort()
  await expect(resumed).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
  expect(cancelled).toEqual([jobId])
})

test('of a statement that writes it is told whether it has changed anything, as far as that is known', async () => {
  const inState = (state: JobProgress['state']): JobAnswer => ({ ...running, progress: { ...progress, state } })
  const told = async (answers: readonly (JobAnswer | Error)[]): Promise<unknown> => {
    const left = [...answers]
    const cancel = (): Promise<JobAnswer> => {
      const next = left.shift() ?? done
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
    }
    return giveUpStatement({ cancel }, { jobId }, { signal: undefined, cutOff }).catch((error: unknown) => error)
  }
  expect(await told([cutOff, inState('cancelled')])).toMatchObject({ code: 'STATEMENT_LOST', jobId, cause: cutOff })
  expect(await told([inState('succeeded')])).toMatchObject({ code: 'OUTCOME_UNKNOWN', cause: cutOff })
  expect(await told([queryError('UNKNOWN_JOB', { jobId })])).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  const error = queryError('EXECUTION_ERROR', { reason: 'x' }).toWire()
  expect(await told([{ ...inState('failed'), error }])).toMatchObject({ code: 'EXECUTION_ERROR' })
})

/** A server that gives these answers, or errors, one after the other. */
function scripted(answers: readonly (JobAnswer | Error)[]) {
  const left = [...answers]
  const told: unknown[] = []
  const cancelled: JobId[] = []
  const front = {
    status(): Promise<JobAnswer> {
      const next = left.shift() ?? done
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
    },
    cancel(id: JobId): Promise<JobAnswer> {
      cancelled.push(id)
      return Promise.resolve(done)
    },
  }
  const options = { signal: undefined, cutOff, onProgress: (news: unknown) => void told.push(news) }
  return { front, told, cancelled, options }
}
