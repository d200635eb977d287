/** The faults of the matrix: what each does to a running cluster, and by what it is seen to have been felt. */
import { writeFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { JobDetails } from '@arbalest/protocol'
import { expect } from 'vitest'
import { cpuSeconds } from '../../../bench/process-cpu.js'
import { engineOf, isAlive } from '../processes.js'
import type { ChaosCluster } from './chaos-cluster.js'
import { attemptIn, type Moment } from './moment.js'
import { cutSockets } from './sockets.js'
import { spoilShuffleFiles } from './spoil-shuffle.js'
import type { Position, StatementKind } from './statements.js'

/** A fault that has been done. */
export interface Strike {
  /** Whether it met the attempt that it was meant for, as the job tells in the end. */
  felt(details: JobDetails): boolean
  /** Makes the cluster whole again, after the statement has ended. */
  heal(): Promise<void>
}

export interface Fault {
  readonly name: string
  /** Whether the statement fails where nothing is tried again. */
  readonly needsRetries: boolean
  /** Whether who writes may be left without an answer; then all is written, or nothing. */
  readonly mayCutWriters: boolean
  /** Why a cell of the matrix cannot be, if so. */
  readonly impossible?: (position: Position, kind: StatementKind) => string | undefined
  strike(cluster: ChaosCluster, moment: Moment): Promise<Strike>
}

const patient = { timeout: 30_000, interval: 10 }
const noHealing = async (): Promise<void> => undefined
const always = (): boolean => true
const endedAs = ({ attempt }: Moment, ...states: readonly string[]) => (details: JobDetails): boolean =>
  states.includes(attemptIn(details, attempt.attemptId).state)

const executorKilled: Fault = {
  name: 'executor killed',
  needsRetries: true,
  mayCutWriters: false,
  async strike(cluster, moment) {
    const { executor } = moment
    const engine = engineOf(executor.pid)
    process.kill(executor.pid, 'SIGKILL')
    return {
      felt: endedAs(moment, 'lost'),
      async heal() {
        await expect.poll(() => isAlive(engine), patient).toBe(false)
        await cluster.replace(executor)
      },
    }
  },
}

const engineKilled: Fault = {
  name: 'engine killed',
  needsRetries: true,
  mayCutWriters: false,
  async strike(_, moment) {
    // While the supervisor fetches what it reads the attempt has nothing to do with the engine.
    const engine = engineOf(moment.executor.pid)
    const before = cpuSeconds([engine])
    await expect.poll(() => cpuSeconds([engine]) - before, patient).toBeGreaterThan(0.15)
    process.kill(engine, 'SIGKILL')
    const felt = (details: JobDetails): boolean =>
      attemptIn(details, moment.attempt.attemptId).error?.code === 'ENGINE_CRASHED'
    return { felt, heal: noHealing }
  },
}

/** Shorter than the silence after which an executor is lost. */
const frozenMs = 4_000

const executorFrozen: Fault = {
  name: 'executor frozen for a while',
  needsRetries: false,
  mayCutWriters: false,
  async strike(cluster, moment) {
    const { executor: { pid }, jobId, stage, attempt } = moment
    const pids = [pid, engineOf(pid)]
    for (const each of pids) process.kill(each, 'SIGSTOP')
    // The others end what they do of the stage meanwhile, unless they fetch from there.
    const othersRun = async (): Promise<boolean> => {
      const { stages } = await cluster.service().details(jobId)
      const own = stages.find(({ spec }) => spec.stageId === stage.spec.stageId)
      return own?.attempts.some((one) =>
        one.executorId !== attempt.executorId && ['placed', 'running'].includes(one.state)) ?? false
    }
    const untilMs = performance.now() + frozenMs
    while (performance.now() < untilMs && await othersRun());
    const wasRunning = attemptIn(await cluster.service().details(jobId), attempt.attemptId).state === 'running'
    for (const each of pids) process.kill(each, 'SIGCONT')
    return { felt: () => wasRunning, heal: noHealing }
  },
}

const executorFrozenLong: Fault = {
  name: 'executor frozen until it is given up',
  needsRetries: true,
  mayCutWriters: false,
  async strike(cluster, moment) {
    const { executor: { pid, executorId } } = moment
    const pids = [pid, engineOf(pid)]
    for (const each of pids) process.kill(each, 'SIGSTOP')
    await expect.poll(async () => (await cluster.service().executors())
      .find(({ registration }) => registration.executorId === executorId)?.state, patient).toBe('lost')
    for (const each of pids) process.kill(each, 'SIGCONT')
    return { felt: endedAs(moment, 'lost'), heal: noHealing }
  },
}

const diskFull: Fault = {
  name: 'disk full',
  needsRetries: true,
  mayCutWriters: false,
  async strike(_, moment) {
    const ballast = join(moment.executor.workDir, 'executor.lock.ballast')
    for (const size of [2 ** 20, 2 ** 12]) await fillUp(ballast, size)
    return { felt: endedAs(moment, 'failed'), heal: () => rm(ballast) }
  },
}

/** Writes until the disk is full. */
async function fillUp(file: string, blockBytes: number): Promise<void> {
  const block = Buffer.alloc(blockBytes, 1)
  for (;;) {
    try {
      await writeFile(file, block, { flag: 'a' })
    } catch {
      return
    }
  }
}

const spoiledShuffle = (how: 'flip' | 'truncate' | 'remove', name: string): Fault => ({
  name,
  needsRetries: true,
  mayCutWriters: false,
  impossible: (position) => (position === 'last' ? 'nobody fetches what the last stage writes' : undefined),
  async strike(cluster, moment) {
    const isSpoiled = await spoilShuffleFiles(cluster, moment, how)
    const felt = ({ stages }: JobDetails): boolean => isSpoiled && stages.some(({ attempts }) =>
      attempts.some(({ error }) => error?.code === 'SHUFFLE_FETCH_FAILED'))
    return { felt, heal: noHealing }
  },
})

const plannerKilled: Fault = {
  name: 'planner killed',
  needsRetries: false,
  mayCutWriters: false,
  async strike(cluster) {
    process.kill(cluster.plannerPid(), 'SIGKILL')
    return { felt: always, heal: noHealing }
  },
}

const frontKilled: Fault = {
  name: 'front killed',
  needsRetries: false,
  mayCutWriters: true,
  async strike(cluster) {
    const front = cluster.frontPid()
    process.kill(front, 'SIGKILL')
    return {
      felt: always,
      async heal() {
        const another = async (): Promise<boolean> => {
          const session = await cluster.session().catch(() => undefined)
          return session !== undefined
        }
        await expect.poll(another, patient).toBe(true)
      },
    }
  },
}

const schedulerKilled: Fault = {
  name: 'scheduler killed and started again',
  needsRetries: false,
  mayCutWriters: true,
  async strike(cluster) {
    await cluster.killScheduler()
    await cluster.startScheduler()
    return { felt: always, heal: noHealing }
  },
}

const socketsCut: Fault = {
  name: 'sockets of an executor cut',
  needsRetries: false,
  mayCutWriters: false,
  async strike(_, { executor }) {
    const cut = cutSockets(executor.pid)
    return { felt: () => cut > 0, heal: noHealing }
  },
}

const clientCut: Fault = {
  name: 'sockets of the front cut',
  needsRetries: false,
  mayCutWriters: true,
  async strike(cluster) {
    const cut = cutSockets(cluster.frontPid())
    return { felt: () => cut > 0, heal: noHealing }
  },
}

/** The clock of JavaScript jumps in every process: see `jumping-clock.cjs`. */
const clockJump = (name: string, signal: 'SIGUSR2' | 'SIGPWR'): Fault => ({
  name,
  needsRetries: false,
  mayCutWriters: false,
  async strike(cluster) {
    for (const pid of cluster.pids()) process.kill(pid, signal)
    return { felt: always, heal: noHealing }
  },
})

export const faults: readonly Fault[] = [
  executorKilled, engineKilled, executorFrozen, executorFrozenLong, diskFull,
  spoiledShuffle('flip', 'shuffle files corrupt'), spoiledShuffle('truncate', 'shuffle files cut short'),
  spoiledShuffle('remove', 'shuffle files gone'),
  plannerKilled, frontKilled, schedulerKilled, socketsCut, clientCut,
  clockJump('clock an hour ahead', 'SIGUSR2'), clockJump('clock an hour back', 'SIGPWR'),
]
