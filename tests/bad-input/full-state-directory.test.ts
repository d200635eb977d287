/** The disk under the log of jobs is full: nothing is promised that is not kept, and what is kept is read again. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JobId } from '@arbalest/common'
import { createScheduler, openLmdbLog } from '@arbalest/scheduler'
import { afterEach, beforeEach, expect, test } from 'vitest'

const diskBytes = 3 * 1024 * 1024
let disk: string

beforeEach(async () => {
  disk = await mkdtemp(join(tmpdir(), 'arbalest-full-state-'))
})
afterEach(() => rm(disk, { recursive: true, force: true }))

test.skipIf(!canMount())('a full disk ends the scheduler; every job it took is there again', async () => {
  run('mount', '-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', disk)
  try {
    const failures: unknown[] = []
    const log = await openLmdbLog({ directory: disk, freeBytesMin: 0 })
    const scheduler = createScheduler({ log, onFatal: (thrown) => failures.push(thrown) })
    const taken: JobId[] = []
    const submitUntilFull = async (): Promise<void> => {
      for (;;) taken.push(await scheduler.service.submit(submission))
    }
    await expect(submitUntilFull()).rejects.toMatchObject({ code: 'SCHEDULER_UNREACHABLE' })
    expect(failures).toMatchObject([{ code: 'DISK_FULL' }])
    await scheduler.close()

    await expect(openLmdbLog({ directory: disk })).rejects.toMatchObject({ code: 'DISK_FULL' })
    run('mount', '-o', `remount,size=${2 * diskBytes}`, disk)
    const again = await openLmdbLog({ directory: disk })
    const next = createScheduler({ log: again })
    expect((await next.service.jobs()).map(({ jobId }) => jobId)).toEqual(expect.arrayContaining(taken))
    await expect(next.service.submit(submission)).rejects.toMatchObject({ code: 'DISK_FULL' })
    await next.close()
  } finally {
    run('umount', '-l', disk)
  }
})

const submission = {
  sql: 'x'.repeat(50_000), jobName: undefined, sessionId: undefined, preparedQuery: '{}', settings: {},
  compression: 'none', timeoutMs: undefined, pool: 'default', priority: 0,
} as const

function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0
}

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
}
