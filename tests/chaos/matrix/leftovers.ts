/** What a statement must leave behind: nothing but what it has made. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { descendantsOf } from '../processes.js'
import type { ChaosCluster } from './chaos-cluster.js'

const patient = { timeout: 30_000, interval: 20 }

/** Everybody is there again, nothing runs or is held, no job is open, and no file of jobs lies about. */
export async function expectNothingLeft(cluster: ChaosCluster): Promise<void> {
  await expectJobsEnded(cluster)
  const slots = async () => (await cluster.service().executors())
    .filter(({ state }) => state !== 'lost').map(({ state, runningAttempts }) => `${state} ${runningAttempts}`)
  await expect.poll(slots, patient).toEqual(cluster.executors().map(() => 'active 0'))
  await expect.poll(() => filesOfJobs(cluster), patient).toEqual([])
  await expect.poll(() => readdir(cluster.outputDir), patient).toEqual([])
  await expect.poll(() => processesOf(cluster), patient).toEqual(expectedProcesses(cluster))
}

export async function expectJobsEnded(cluster: ChaosCluster): Promise<void> {
  const open = async () => (await cluster.service().jobs())
    .filter(({ state }) => !['succeeded', 'failed', 'cancelled'].includes(state))
  await expect.poll(open, patient).toEqual([])
}

async function filesOfJobs(cluster: ChaosCluster): Promise<readonly string[]> {
  const lists = await Promise.all(cluster.executors().map(async ({ workDir }) => {
    const entries = await readdir(workDir, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile() && entry.name !== 'executor.lock')
      .map((entry) => join(entry.parentPath, entry.name))
  }))
  return lists.flat()
}

/** How many processes the scheduler and each executor have below them. */
const processesOf = (cluster: ChaosCluster): readonly number[] =>
  [cluster.schedulerPid(), ...cluster.executors().map(({ pid }) => pid)].map((pid) => descendantsOf(pid).length)

const expectedProcesses = (cluster: ChaosCluster): readonly number[] => [2, ...cluster.executors().map(() => 1)]
