/**
 * `npm run bench -- sharing`: large jobs keep every slot busy, and small ones are asked for beside them. How long does
 * the first attempt of a small one wait after a slot fell free, until its executor begins with it?
 */
import { SessionContext } from '@arbalest/client'
import { grpcSchedulerClient, type JobDetails, type SchedulerClient } from '@arbalest/protocol'
import { tpchQueries } from './bench-queries.js'
import { startBenchCluster } from './bench-cluster.js'
import { circumstances, keepFigures, print } from './circumstances.js'
import { distributionOf, distributionText } from './distribution.js'
import { tablesIn } from './oracle/table-files.js'

export interface SharingOptions {
  readonly data: string
  readonly runs: number
  readonly executors: number
  readonly threads: number
  readonly output: string | undefined
}

const small = 'SELECT n_name FROM nation WHERE n_nationkey = 7'
const smallName = 'small'
/** Large statements at a time for each executor, which has two slots. */
const largeOnes = 3
const targetMs = 100

export async function sharing(options: SharingOptions): Promise<boolean> {
  const { data, executors, threads, runs } = options
  const taken = circumstances('sharing', options)
  const bench = await startBenchCluster({ executors, threads, tables: tablesIn(data), dataDir: data })
  const scheduler = grpcSchedulerClient({ host: '127.0.0.1', port: bench.cluster.scheduler.controlPort })
  const end = new AbortController()
  const crowd = Array.from({ length: executors * largeOnes }, () => keepBusy(bench.url, end.signal))
  const waits: number[] = []
  const session = await SessionContext.remote(bench.url, { settings: { 'arbalest.job_name': smallName } })
  try {
    for (let run = 0; run < runs; run++) {
      await session.execute(small)
      waits.push(await waitOfLast(scheduler))
    }
  } finally {
    end.abort()
    await Promise.all(crowd)
    await session.close()
    scheduler.close()
    await bench.close()
  }
  const waitMs = distributionOf(waits)
  print(`a small job beside ${crowd.length} large ones: ${runs} runs, ms from a free slot to its first attempt`)
  print(`  ${distributionText(waitMs)}   target: ${targetMs}`)
  keepFigures(options.output, taken, { waitMs })
  return waitMs.p95 <= targetMs
}

/** Runs a large statement again and again. */
async function keepBusy(url: string, signal: AbortSignal): Promise<void> {
  const session = await SessionContext.remote(url, { settings: { 'arbalest.distribute': 'always' } })
  const [query] = tpchQueries([9])
  while (!signal.aborted && query) await session.execute(query.sql, { signal }).catch(() => undefined)
  await session.close()
}

/** From the moment when there was a slot and a stage for it. */
async function waitOfLast(scheduler: SchedulerClient): Promise<number> {
  const jobs = await scheduler.jobs()
  const last = jobs.filter(({ name }) => name === smallName).at(-1)
  const recent = jobs.filter(({ endedMs, startedMs }) => startedMs !== undefined
    && (endedMs ?? Infinity) >= (last?.submittedMs ?? 0))
  const all = await Promise.all(recent.map(({ jobId }) => scheduler.details(jobId)))
  const own = all.find(({ status }) => status.jobId === last?.jobId)
  const [first] = own ? attemptsOf(own) : []
  const begunMs = first?.report?.metrics.startedMs
  if (first?.placedMs === undefined || begunMs === undefined || own?.status.startedMs === undefined) return NaN
  const { placedMs, executorId } = first
  const freed = all.flatMap(attemptsOf).flatMap((attempt) =>
    attempt.executorId === executorId && attempt.endedMs !== undefined && attempt.endedMs <= placedMs
      ? [attempt.endedMs] : [])
  return begunMs - Math.max(own.status.startedMs, ...freed)
}

const attemptsOf = ({ stages }: JobDetails) => stages.flatMap(({ attempts }) => attempts)
