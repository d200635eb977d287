/** The log in memory. */
import type { AttemptId, JobId } from '@arbalest/common'
import { expect, test } from 'vitest'
import { type JobLogEntry, jobLogVersion } from '../../core/job-log.js'
import { reportFor, stageSpec, submission } from '../../core/testing/specs.js'
import { createMemoryLog } from './memory.js'

const jobId = 'jxxxxxxxxxxxxxxxx' as JobId
const submitted: JobLogEntry = { kind: 'job-submitted', jobId, jobToken: 'secret', submission }
const ended: JobLogEntry = {
  kind: 'attempt-ended',
  attemptId: `${jobId}/1/0/1` as AttemptId,
  executorId: undefined,
  state: 'succeeded',
  placedMs: 1,
  report: reportFor(stageSpec({ id: 1 }), 'AAAA'),
  error: undefined,
  lostInputs: [],
}

test('records are kept by job until it is forgotten, without inline copies', async () => {
  const log = createMemoryLog()
  await log.append([submitted, ended].map((entry) => ({ ...entry, version: jobLogVersion, atMs: 1 })))
  expect(log.recordsOf(jobId).map(({ kind }) => kind)).toEqual(['job-submitted', 'attempt-ended'])
  expect(JSON.stringify(log.recordsOf(jobId))).not.toContain('AAAA')
  log.forget(jobId)
  expect(log.recordsOf(jobId)).toEqual([])
})

test('late records of a forgotten job are dropped', async () => {
  const log = createMemoryLog()
  await log.append([{ ...ended, version: jobLogVersion, atMs: 1 }])
  expect(log.recordsOf(jobId)).toEqual([])
})
