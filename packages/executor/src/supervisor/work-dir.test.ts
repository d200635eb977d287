import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAttemptId } from '@arbalest/common'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { idOf, jobA, jobB } from '../testing/builders.js'
import { WorkDir } from './work-dir.js'

const parts = parseAttemptId(idOf(jobA, 2, 5, 3))
let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-work-dir-'))
})
afterEach(() => rm(root, { recursive: true }))

describe('a work directory belongs to one live executor', () => {
  test('a second one is refused, until the first has ended', async () => {
    const first = await WorkDir.open(root)
    await expect(WorkDir.open(root)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      fields: { option: '--work-dir', reason: expect.stringContaining(String(process.pid)) as string },
    })
    await first.close()
    await (await WorkDir.open(root)).close()
  })

  test('of several that come at once one gets it', async () => {
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => WorkDir.open(root)))
    const opened = outcomes.filter((outcome) => outcome.status === 'fulfilled')
    expect(opened).toHaveLength(1)
    await opened[0]!.value.close()
  })

  test('that of a process that has died is taken over and swept', async () => {
    const first = await WorkDir.open(root)
    await first.createAttempt(parts)
    const child = spawn('true')
    await once(child, 'exit')
    await writeFile(join(root, 'executor.lock'), JSON.stringify({ pid: child.pid, started: '1' }))
    const second = await WorkDir.open(root)
    expect(await readdir(join(root, 'jobs'))).toEqual([])
    await second.close()
  })

  test('that of an earlier process with the same id is taken over', async () => {
    const stale = JSON.stringify({ pid: process.pid, started: '1' })
    await writeFile(join(root, 'executor.lock'), stale)
    await (await WorkDir.open(root)).close()
  })

  test.each(['', '{', '"x"'])('a lock that reads %j belongs to nobody', async (text) => {
    await writeFile(join(root, 'executor.lock'), text)
    await (await WorkDir.open(root)).close()
  })

  test('a directory with other files is left alone', async () => {
    await mkdir(join(root, 'jobs'))
    await writeFile(join(root, 'jobs', 'thesis.txt'), 'years')
    await expect(WorkDir.open(root)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    expect(await readFile(join(root, 'jobs', 'thesis.txt'), 'utf8')).toBe('years')
    expect(await readdir(root)).toEqual(['jobs'])
  })
})

describe('the files of an attempt', () => {
  test('appear under their name with the commit', async () => {
    const workDir = await WorkDir.open(root)
    const draft = await workDir.createAttempt(parts)
    expect(draft).toBe(join(root, 'jobs', jobA, '2', '5-3.tmp'))
    await writeFile(join(draft, 'data.parquet'), 'rows')
    const committed = await workDir.commitAttempt(parts)
    expect(await readFile(join(committed, 'data.parquet'), 'utf8')).toBe('rows')
    expect(await readdir(join(root, 'jobs', jobA, '2'))).toEqual(['5-3'])
    await workDir.close()
  })

  test('go with the attempt, committed or not', async () => {
    const workDir = await WorkDir.open(root)
    await workDir.createAttempt(parts)
    await workDir.removeAttempt(parts)
    await workDir.createAttempt(parts)
    await workDir.commitAttempt(parts)
    await workDir.removeAttempt(parts)
    expect(await readdir(join(root, 'jobs', jobA, '2'))).toEqual([])
    await workDir.close()
  })

  test('go with the job, and only its own', async () => {
    const workDir = await WorkDir.open(root)
    await workDir.createAttempt(parts)
    await workDir.createAttempt(parseAttemptId(idOf(jobB, 1)))
    await workDir.fetchedDirectory(jobA)
    await workDir.removeJob(jobA)
    expect(await readdir(join(root, 'jobs'))).toEqual([jobB])
    await workDir.sweep(() => false)
    expect(await readdir(join(root, 'jobs'))).toEqual([])
    await workDir.close()
  })
})

test('a closed work directory holds nothing but its emptied lock', async () => {
  const workDir = await WorkDir.open(root)
  await workDir.createAttempt(parts)
  await writeFile(join(root, 'spill', 'x.tmp'), '')
  await workDir.close()
  expect(await readdir(root)).toEqual(['executor.lock'])
})
