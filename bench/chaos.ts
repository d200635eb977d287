/**
 * `npm run bench -- chaos`: how soon a lost executor is noticed, by the cluster's own times, and what runs again for
 * it, beside what must. Executors die, or stand still, in the middle of a query of several stages.
 */
import type { ExecutorId, JobId } from '@arbalest/common'
import { grpcSchedulerClient, type AttemptRecord, type JobDetails, type SchedulerClient } from '@arbalest/protocol'
import { startBenchCluster, type BenchCluster } from './bench-cluster.js'
import { circumstances, keepFigures, print } from './circumstances.js'
import { distributionOf, distributionText } from './distribution.js'
import { answerDifference } from './oracle/compare-answers.js'
import { openPlainDuckdb } from './oracle/plain-duckdb.js'
import { tablesIn } from './oracle/table-files.js'

export interface ChaosOptions {
  readonly data: string
  /** Of each kind of loss. */
  readonly runs: number
  readonly executors: number
  readonly threads: number
  readonly output: string | undefined
}

interface Loss {
  readonly kind: 'dies' | 'stands still'
  readonly noticedMs: number
  /** Tasks that ran there, and tasks whose outputs lay there. */
  readonly ran: number
  readonly held: number
  /** Tasks of others that were fetching from there. */
  readonly cutOff: number
  readonly repeated: number
  /** Repeated for none of these reasons. */
  readonly beyond: number
  readonly difference: string | undefined
}

/** Noticed at the latest. */
const barsMs = { 'dies': 2_000, 'stands still': 20_000 } as const

/** Its join takes long, with outputs of two stages before it. */
const query = `SELECT o_orderpriority, l_shipmode, count(*) AS n, sum(l_extendedprice) AS price
  FROM lineitem JOIN orders ON l_orderkey = o_orderkey
  WHERE md5(repeat(l_comment || o_comment, 4)) <> '' GROUP BY ALL`

export async function chaos(options: ChaosOptions): Promise<boolean> {
  const { data, executors, threads, runs } = options
  const taken = circumstances('chaos', options)
  const tables = tablesIn(data)
  const oracle = await openPlainDuckdb(tables, threads)
  const expected = await oracle.answer(query)
  oracle.close()
  const bench = await startBenchCluster({ executors, threads, tables, dataDir: data })
  const service = grpcSchedulerClient({ host: '127.0.0.1', port: bench.cluster.scheduler.controlPort })
  await bench.context.set('arbalest.distribute', 'always')
  await bench.context.set('arbalest.broadcast_threshold_bytes', 0)
  const difference: Place['difference'] = (actual) => answerDifference(actual, expected, false)
  const place: Place = { bench, service, difference }
  const losses: Loss[] = []
  try {
    for (let run = 0; run < runs; run++) {
      for (const kind of ['dies', 'stands still'] as const) {
        losses.push(await lose(kind, place))
      }
    }
  } finally {
    service.close()
    await bench.close()
  }
  for (const kind of ['dies', 'stands still'] as const) printLosses(kind, losses.filter((loss) => loss.kind === kind))
  keepFigures(options.output, taken, { losses })
  return losses.every(({ kind, noticedMs, beyond, difference }) =>
    noticedMs <= barsMs[kind] && beyond === 0 && difference === undefined)
}

interface Place {
  readonly bench: BenchCluster
  readonly service: SchedulerClient
  difference(actual: Parameters<typeof answerDifference>[0]): string | undefined
}

async function lose(kind: Loss['kind'], { bench, service, difference }: Place): Promise<Loss> {
  const running = (async () => (await bench.context.sql(query)).collectText())()
  running.catch(() => undefined)
  const { jobId, executorId } = await joinUnderWay(service)
  const pid = bench.cluster.executors.find((one) => one.executorId === executorId)?.pid
  if (pid === undefined) throw new Error(`${executorId} is no executor of this cluster`)
  const before = await service.details(jobId)
  process.kill(pid, kind === 'dies' ? 'SIGKILL' : 'SIGSTOP')
  const lostMs = Date.now()
  const answer = await running
  const after = await service.details(jobId)
  if (kind === 'stands still') process.kill(pid, 'SIGKILL')
  await bench.cluster.addExecutor()
  const ended = attemptsOf(before).filter(({ state }) => state === 'succeeded')
  const held = new Set(ended.map(({ attemptId }) => attemptId))
  const noticed = attemptsOf(after).filter((one) =>
    one.executorId === executorId && one.state === 'lost' && !held.has(one.attemptId))
  return {
    kind,
    noticedMs: Math.min(...noticed.map(({ endedMs }) => endedMs ?? Infinity)) - lostMs,
    ...workAgain(before, after, executorId),
    difference: difference(answer),
  }
}

/** Until an attempt of the stage that joins runs. */
async function joinUnderWay(service: SchedulerClient): Promise<{ jobId: JobId; executorId: ExecutorId }> {
  for (const endMs = performance.now() + 120_000; performance.now() < endMs;) {
    const job = (await service.jobs()).findLast(({ state }) => state === 'running')
    if (job === undefined) continue
    const { stages } = await service.details(job.jobId)
    const join = stages.find(({ spec }) => spec.inputs.filter((input) => input.kind === 'shuffle').length === 2)
    const attempt = join?.attempts.find(({ state }) => state === 'running')
    if (attempt?.executorId !== undefined) return { jobId: job.jobId, executorId: attempt.executorId }
  }
  throw new Error('no join came to run')
}

const attemptsOf = ({ stages }: JobDetails): readonly AttemptRecord[] => stages.flatMap(({ attempts }) => attempts)

/** A task by its stage: the attempt id without its last part. */
const taskOf = ({ attemptId }: AttemptRecord): string => attemptId.slice(0, attemptId.lastIndexOf('/'))

function workAgain(before: JobDetails, after: JobDetails, executorId: ExecutorId) {
  const there = attemptsOf(after).filter((one) => one.executorId === executorId)
  const known = new Map(attemptsOf(before).map((one) => [one.attemptId, one]))
  const held = new Set(there.filter((one) => known.get(one.attemptId)?.state === 'succeeded').map(taskOf))
  const ran = new Set(there.map(taskOf).filter((task) => !held.has(task)))
  const counts = new Map<string, number>()
  for (const task of attemptsOf(after).map(taskOf)) counts.set(task, (counts.get(task) ?? 0) + 1)
  const repeated = [...counts].filter(([, attempts]) => attempts > 1).map(([task]) => task)
  const cutOff = new Set(attemptsOf(after).filter(({ error }) => error?.code === 'SHUFFLE_FETCH_FAILED').map(taskOf))
  const beyond = repeated.filter((task) => !ran.has(task) && !held.has(task) && !cutOff.has(task))
  return { ran: ran.size, held: held.size, cutOff: cutOff.size, repeated: repeated.length, beyond: beyond.length }
}

function printLosses(kind: Loss['kind'], losses: readonly Loss[]): void {
  print(`an executor ${kind} (${losses.length} times)`)
  print(`  noticed after, ms: ${distributionText(distributionOf(losses.map(({ noticedMs }) => noticedMs)))}`)
  const total = (of: (loss: Loss) => number): number => losses.reduce((sum, loss) => sum + of(loss), 0)
  print(`  tasks it ran ${total((l) => l.ran)}, whose outputs it held ${total((l) => l.held)}, ` +
    `that fetched from it ${total((l) => l.cutOff)}; repeated ${total((l) => l.repeated)}, ` +
    `of them for none of these reasons ${total((l) => l.beyond)}`)
  for (const { difference } of losses) if (difference !== undefined) print(`  WRONG: ${difference}`)
}
