/**
 * Spoils shuffle files between their writing and their reading. The stage is held open by the frozen engine of
 * another executor until the victim has committed; then the victim is frozen, so that nobody can fetch from it
 * before its readers are placed.
 */
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAttemptId } from '@arbalest/common'
import type { JobDetails, StageRecord } from '@arbalest/protocol'
import { expect } from 'vitest'
import { engineOf } from '../processes.js'
import type { ChaosCluster } from './chaos-cluster.js'
import { attemptIn, runningAttempts, type Moment } from './moment.js'

const patient = { timeout: 20_000, interval: 5 }

/** False when there was no file in the end. */
export async function spoilShuffleFiles(
  cluster: ChaosCluster,
  { jobId, stage, attempt, executor }: Moment,
  how: 'flip' | 'truncate' | 'remove',
): Promise<boolean> {
  const { stageId } = stage.spec
  const details = () => cluster.service().details(jobId)
  /** One that runs elsewhere, while the victim's still runs. */
  const otherAttempt = async (): Promise<Moment['attempt'] | undefined> => {
    for (;;) {
      const now = await details()
      const running = now.stages.filter(({ spec }) => spec.stageId === stageId).flatMap(runningAttempts)
      const found = running.find(({ executorId }) => executorId !== attempt.executorId)
      if (found !== undefined || attemptIn(now, attempt.attemptId).state !== 'running') return found
    }
  }
  const holder = await otherAttempt()
  if (holder === undefined) return false
  const holdingEngine = engineOf(cluster.executor(holder.executorId).pid)
  process.kill(holdingEngine, 'SIGSTOP')
  try {
    await expect.poll(async () => attemptIn(await details(), attempt.attemptId).state, patient).toBe('succeeded')
    process.kill(executor.pid, 'SIGSTOP')
  } finally {
    process.kill(holdingEngine, 'SIGCONT')
  }
  const engine = engineOf(executor.pid)
  process.kill(engine, 'SIGSTOP')
  try {
    const readers = (all: JobDetails): StageRecord | undefined => all.stages.find(({ spec, attempts }) =>
      spec.inputs.some((input) => input.kind === 'shuffle' && input.stageId === stageId) &&
      attempts.length >= spec.tasks.length && attempts.every(({ state }) => state !== 'waiting'))
    await expect.poll(async () => readers(await details()) !== undefined, patient).toBe(true)
    const { task, attempt: count } = parseAttemptId(attempt.attemptId)
    const directory = join(executor.workDir, 'jobs', jobId, String(stageId), `${task}-${count}`)
    const files = await filesBelow(directory)
    const spoiled = await Promise.all(files.map((file) => spoil(file, how)))
    process.kill(executor.pid, 'SIGCONT')
    if (how === 'flip') {
      // Who reads a file where it lies does not look at its checksum: it finds it as it was written.
      const isSettled = async (): Promise<boolean> => readers(await details())?.attempts.every((one) =>
        one.executorId === executor.executorId || !['placed', 'running'].includes(one.state)) ?? true
      await expect.poll(isSettled, patient).toBe(true)
      for (const { restore } of spoiled) await restore()
    }
    return files.length > 0
  } finally {
    process.kill(executor.pid, 'SIGCONT')
    process.kill(engine, 'SIGCONT')
  }
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

async function spoil(file: string, how: 'flip' | 'truncate' | 'remove'): Promise<{ restore(): Promise<void> }> {
  const bytes = await readFile(file)
  const middle = Math.floor(bytes.length / 2)
  const flipped = Buffer.from(bytes)
  flipped[middle] = (bytes[middle] ?? 0) ^ 0xff
  const restore = (): Promise<void> => writeFile(file, bytes)
  switch (how) {
    case 'remove':
      await rm(file)
      break
    case 'truncate':
      await truncate(file, middle)
      break
    case 'flip':
      await writeFile(file, flipped)
  }
  return { restore }
}
