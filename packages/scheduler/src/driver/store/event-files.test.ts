/** The events of a job as a file, once it has ended. */
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { AttemptId } from '@arbalest/common'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type JobLogEntry, jobLogVersion } from '../../core/job-log.js'
import { jobId, reportFor, stageSpec, submission } from '../../core/testing/specs.js'
import { withEventFiles } from './event-files.js'
import { createMemoryLog } from './memory.js'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'arbalest-events-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const id = jobId('a')
const entries: readonly JobLogEntry[] = [
  { kind: 'job-submitted', jobId: id, jobToken: 'secret', submission },
  {
    kind: 'attempt-ended', attemptId: `${id}/1/0/1` as AttemptId, executorId: undefined, state: 'succeeded',
    placedMs: 1, report: reportFor(stageSpec({ id: 1 }), 'AAAA'), error: undefined, lostInputs: [],
  },
  { kind: 'job-ended', jobId: id, state: 'failed', error: undefined, rows: 0, bytes: 0, parts: [] },
]

test('a job that has ended leaves its records, one a line, without its token and without rows', async () => {
  const log = await withEventFiles(createMemoryLog(), { directory, report: expect.unreachable })
  for (const entry of entries) await log.append([{ ...entry, version: jobLogVersion, atMs: 7 }])
  log.forget(id)
  await log.close()
  expect(await readdir(directory)).toEqual([`${id}.jsonl.gz`])
  const text = gunzipSync(await readFile(join(directory, `${id}.jsonl.gz`))).toString()
  const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line) as { kind: string; atMs: number })
  expect(lines.map(({ kind, atMs }) => [kind, atMs])).toEqual(entries.map(({ kind }) => [kind, 7]))
  expect(text).not.toMatch(/secret|AAAA/)
})

test('files that cannot be written are reported, and the log goes on', async () => {
  const reports: string[] = []
  const log = await withEventFiles(createMemoryLog(), { directory, report: (text) => reports.push(text) })
  await rm(directory, { recursive: true })
  for (const entry of entries) await log.append([{ ...entry, version: jobLogVersion, atMs: 7 }])
  await log.close()
  expect(reports).toEqual([expect.stringContaining(id)])
})

test('old files go, and nothing that is not ours', async () => {
  for (const name of ['old.jsonl.gz', 'new.jsonl.gz', 'old.txt']) await writeFile(join(directory, name), '')
  for (const name of ['old.jsonl.gz', 'old.txt']) await utimes(join(directory, name), 1, 1)
  const log = await withEventFiles(createMemoryLog(), { directory, report: expect.unreachable })
  await expect.poll(async () => (await readdir(directory)).toSorted()).toEqual(['new.jsonl.gz', 'old.txt'])
  await log.close()
})
