/** The log on a disk: what comes back, and what is refused. */
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttemptId, JobId } from '@arbalest/common'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type JobLogEntry, type JobLogRecord, jobLogVersion } from '../../core/job-log.js'
import { announcement, executorId, jobId, reportFor, stageSpec, submission } from '../../core/testing/specs.js'
import type { JobLog } from './job-log-port.js'
import { openLmdbLog } from './lmdb.js'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'arbalest-log-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const [first, second] = [jobId('a'), jobId('b')]
const submitted = (id: JobId): JobLogEntry => ({ kind: 'job-submitted', jobId: id, jobToken: 'secret', submission })
const ended = (id: JobId): JobLogEntry => ({
  kind: 'attempt-ended', attemptId: `${id}/1/0/1` as AttemptId, executorId: undefined, state: 'succeeded',
  placedMs: 1, report: reportFor(stageSpec({ id: 1 }), 'AAAA'), error: undefined, lostInputs: [],
})
const joined: JobLogEntry = { kind: 'executor-joined', announcement: announcement('x'), again: false }
const left: JobLogEntry = { kind: 'executor-left', executorId: executorId('x'), reason: '' }
const recordsOf = (...entries: readonly JobLogEntry[]): readonly JobLogRecord[] =>
  entries.map((entry) => ({ ...entry, version: jobLogVersion, atMs: 1 }))
const plain = (records: Iterable<JobLogRecord>): unknown => JSON.parse(JSON.stringify([...records]))

test('what was appended is there after a restart: executors first, then jobs in their order', async () => {
  await using(async (log) => {
    await Promise.all([log.append(recordsOf(submitted(second))), log.append(recordsOf(submitted(first), joined))])
    await log.append(recordsOf(ended(second)))
  })
  await using(async (log) => {
    const expected = recordsOf(joined, submitted(second), ended(second), submitted(first))
    expect(plain(log.kept())).toEqual(plain(expected))
    await log.append(recordsOf(ended(first)))
    expect(plain(log.recordsOf(first))).toEqual(plain(recordsOf(submitted(first), ended(first))))
  })
})

test('jobs that are forgotten and executors that have left do not come back', async () => {
  await using(async (log) => {
    await log.append(recordsOf(submitted(first), joined))
    await log.append(recordsOf(ended(first), left))
    log.forget(first)
    await log.append(recordsOf(ended(first), left))
    expect(log.recordsOf(first)).toEqual([])
  })
  await using((log) => expect([...log.kept()]).toEqual([]))
})

test('two schedulers do not get the same directory', () =>
  using(() => expect(openLmdbLog({ directory })).rejects.toMatchObject({ code: 'INVALID_OPTION', message: /in use/ })))

test('records of a later version are refused, and the directory is free again', async () => {
  const later = recordsOf(submitted(first)).map((record) => ({ ...record, version: 99 as typeof jobLogVersion }))
  await using((log) => log.append(later))
  const refusal = { code: 'INVALID_OPTION', message: expect.stringMatching(/later version.*99/) as string }
  await using((log) => expect(() => [...log.kept()]).toThrow(expect.objectContaining(refusal)))
})

test.each([
  ['cut off', (path: string) => truncate(path, 8192)],
  ['something else', (path: string) => writeFile(path, 'x'.repeat(20_000))],
])('a file that is %s gives a coded error', async (_, spoil) => {
  await using((log) => log.append(recordsOf(submitted(first), ...Array.from({ length: 99 }, () => ended(first)))))
  await spoil(join(directory, 'jobs.mdb'))
  await expect(openLmdbLog({ directory })).rejects.toMatchObject({ code: 'STATE_DAMAGED' })
})

test('a record that is not as it was written gives a coded error', async () => {
  await using((log) => log.append(recordsOf(submitted(first))))
  const path = join(directory, 'jobs.mdb')
  const bytes = await readFile(path)
  await writeFile(path, bytes.fill('X', bytes.lastIndexOf('secret'), bytes.lastIndexOf('secret') + 6))
  await using((log) => expect(() => [...log.kept()]).toThrow(expect.objectContaining({ code: 'STATE_DAMAGED' })))
})

test('a file whose reading ends the process is not read for ever', async () => {
  for (let start = 1; start <= 3; start++) await using(() => undefined)
  await expect(openLmdbLog({ directory })).rejects.toMatchObject({ code: 'STATE_DAMAGED', message: /3 starts/ })
})

test('with little space no further jobs are taken', async () => {
  const log = await openLmdbLog({ directory, freeBytesMin: Number.MAX_SAFE_INTEGER })
  expect(log.refusal()).toMatchObject({ code: 'DISK_FULL' })
  await log.close()
  await using((roomy) => expect(roomy.refusal()).toBeUndefined())
})

async function using(run: (log: JobLog) => unknown): Promise<void> {
  const log = await openLmdbLog({ directory })
  try {
    await run(log)
  } finally {
    await log.close()
  }
}
