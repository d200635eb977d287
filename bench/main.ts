/** `npm run bench -- …`: what is measured, and against what. */
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import type { DistributeMode } from '@arbalest/common'
import { projectDirectory, type Suite } from './bench-queries.js'
import { chaos, type ChaosOptions } from './chaos.js'
import { clients, type ClientsOptions } from './clients.js'
import { endurance, type EnduranceOptions } from './endurance.js'
import { latency, type LatencyOptions } from './latency.js'
import { planning, type PlanningOptions } from './planning.js'
import { queryTimes } from './query-times.js'
import { results, type ResultsOptions } from './results.js'
import { scheduler, type SchedulerOptions } from './scheduler.js'
import { sharing, type SharingOptions } from './sharing.js'
import { shuffle, type ShuffleOptions } from './shuffle.js'
import { sort, type SortOptions } from './sort.js'

import { verify } from './verify.js'

const sample = join(projectDirectory(), 'data', 'tpch')
const modes: readonly DistributeMode[] = ['always', 'auto', 'never']

function whole(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('it is a whole number from 1')
}

const wholes = (text: string): readonly number[] => text.split(',').map(whole)

function mode(text: string): DistributeMode {
  const found = modes.find((known) => known === text)
  if (found === undefined) throw new InvalidArgumentError(`it is one of ${modes.join(', ')}`)
  return found
}

function storeName(text: string): SchedulerOptions['store'] {
  if (text === 'lmdb' || text === 'memory') return text
  throw new InvalidArgumentError('it is one of lmdb, memory')
}

function minutes(text: string): number {
  if (/^\d{1,4}(\.\d{1,3})?$/.test(text) && Number(text) > 0) return Number(text)
  throw new InvalidArgumentError('it is a number above 0')
}

interface CommonFlags {
  readonly data: string
  readonly queries?: readonly number[]
  readonly threads: number
}

interface OutputFlag {
  readonly output?: string
}

interface TimesFlags extends CommonFlags {
  readonly executors: number
  readonly distribute: DistributeMode
  readonly runs: number
  readonly output?: string
}

const program = new Command('bench').description('benchmarks, each against one plain DuckDB in the same run')

program.command('verify')
  .description('answers only, of TPC-H or TPC-DS, at any scale and executor count')
  .option('--data <dir>', 'tables as TABLE.parquet or TABLE/*.parquet', (text) => resolve(text), sample)
  .option('--queries <numbers>', 'e.g. 1,5,9 (default: all)', wholes)
  .option('--executors <counts>', 'cluster sizes, e.g. 1,2,3', wholes, [2])
  .option('--threads <n>', 'threads of each executor', whole, Math.max(1, Math.floor(availableParallelism() / 2)))
  .option('--distribute <modes>', 'e.g. always,auto', (text) => text.split(',').map(mode), ['always'])
  .action(async (flags: CommonFlags & { executors: readonly number[]; distribute: readonly DistributeMode[] }) => {
    const { data, queries, executors, threads, distribute } = flags
    if (!(await verify({ data, queries, executors, threads, modes: distribute }))) process.exitCode = 1
  })

addTimes('tpch', 'the 22 queries: time and CPU as ratios to DuckDB', sample)
addTimes('tpcds', 'the 99 queries: time and CPU as ratios to DuckDB', join(projectDirectory(), 'data', 'tpcds'))

function addTimes(suite: Suite, description: string, defaultData: string): void {
  program.command(suite)
    .description(description)
    .option('--data <dir>', 'tables as TABLE.parquet or TABLE/*.parquet', (text) => resolve(text), defaultData)
    .option('--queries <numbers>', 'e.g. 1,5,9 (default: all)', wholes)
    .option('--executors <n>', 'executor processes', whole, 2)
    .option('--threads <n>', 'threads of each executor', whole, 1)
    .option('--distribute <mode>', 'always, auto or never', mode, 'always')
    .option('--runs <n>', 'runs; the median counts', whole, 3)
    .option('-o, --output <file>', 'all figures as JSON')
    .action(async (flags: TimesFlags) => {
      const { data, queries, executors, threads, distribute, runs, output } = flags
      if (!(await queryTimes({ suite, data, queries, executors, threads, distribute, runs, output }))) {
        process.exitCode = 1
      }
    })
}

program.command('latency')
  .description('small statements on a warm cluster beside one DuckDB in this process')
  .option('--data <dir>', 'tables as TABLE.parquet or TABLE/*.parquet', (text) => resolve(text), sample)
  .option('--runs <n>', 'runs of each statement', whole, 200)
  .option('--executors <n>', 'executor processes', whole, 2)
  .option('--threads <n>', 'threads of each executor', whole, 1)
  .option('-o, --output <file>', 'all figures as JSON')
  .action(async (flags: Omit<LatencyOptions, 'output'> & OutputFlag) => {
    const { data, runs, executors, threads, output } = flags
    if (!(await latency({ data, runs, executors, threads, output }))) process.exitCode = 1
  })

program.command('sharing')
  .description('how long a small job beside large ones waits after a slot falls free')
  .option('--data <dir>', 'tables as TABLE.parquet or TABLE/*.parquet', (text) => resolve(text), sample)
  .option('--runs <n>', 'small jobs', whole, 100)
  .option('--executors <n>', 'executor processes', whole, 2)
  .option('--threads <n>', 'threads of each executor', whole, 1)
  .option('-o, --output <file>', 'all figures as JSON')
  .action(async (flags: Omit<SharingOptions, 'output'> & OutputFlag) => {
    const { data, runs, executors, threads, output } = flags
    if (!(await sharing({ data, runs, executors, threads, output }))) process.exitCode = 1
  })

program.command('planning')
  .description('from a text to its first task, of TPC-H or TPC-DS as the tables are, or over many files')
  .option('--data <dir>', 'tables as TABLE.parquet or TABLE/*.parquet', (text) => resolve(text), sample)
  .option('--queries <numbers>', 'e.g. 1,5,9 (default: all)', wholes)
  .option('--files <n>', 'instead of the queries: a table of so many files, made for it', whole)
  .option('--runs <n>', 'runs of each query after a warm-up', whole, 5)
  .option('--executors <n>', 'executor processes', whole, 2)
  .option('--threads <n>', 'threads of each executor', whole, 1)
  .option('--distribute <mode>', 'always, auto or never', mode, 'always')
  .option('-o, --output <file>', 'all figures as JSON')
  .action(async (flags: TimesFlags & { readonly files?: number }) => {
    const { data, queries, files, executors, threads, distribute, runs, output } = flags
    await planning({ data, queries, files, executors, threads, distribute, runs, output } satisfies PlanningOptions)
  })

program.command('results')
  .description('a large result through stream(): rate and memory')
  .option('--rows <n>', 'rows of the result', whole, 10_000_000)
  .option('--runs <n>', 'runs', whole, 3)
  .option('--executors <n>', 'executor processes', whole, 2)
  .option('--threads <n>', 'threads of each executor', whole, 1)
  .option('-o, --output <file>', 'all figures as JSON')
  .action(async (flags: Omit<ResultsOptions, 'output'> & OutputFlag) => {
    const { rows, runs, executors, threads, output } = flags
    if (!(await results({ rows, runs, executors, threads, output }))) process.exitCode = 1
  })

program.command('shuffle')
  .description('rows divided anew between executors, beside a plain copy over node:http')
  .option('--rows <n>', 'rows of three columns', whole, 60_000_000)
  .option('--runs <n>', 'runs', whole, 2)
  .option('--executors <n>', 'executor processes', whole, 2)
  .option('--threads <n>', 'threads of each executor', whole, 1)
  .option('-o, --output <file>', 'all figures as JSON')
  .action(async (flags: Omit<ShuffleOptions, 'output'> & OutputFlag) => {
    const { rows, runs, executors, threads, output } = flags
    if (!(await shuffle({ rows, runs, executors, threads, output }))) process.exitCode = 1
  })

program.command('sort')
  .description('a large table in order, by executors with little memory')
  .option('--rows <n>', 'rows of three columns', whole, 60_000_000)
  .option('--runs <n>', 'runs', whole, 1)
  .option('--executors <n>', 'executor processes', whole, 2)
  .option('--threads <n>', 'threads of each executor', whole, 1)
  .option('--memory-mib <n>', 'memory limit of each executor', whole, 1024)
  .option('-o, --output <file>', 'all figures as JSON')
  .action(async (flags: Omit<SortOptions, 'output'> & OutputFlag) => {
    const { rows, runs, executors, threads, memoryMib, output } = flags
    if (!(await sort({ rows, runs, executors, threads, memoryMib, output }))) process.exitCode = 1
  })

program.command('clients')
  .description('many sessions at once with mixed TPC-H, every answer compared')
  .option('--data <dir>', 'tables as TABLE.parquet or TABLE/*.parquet', (text) => resolve(text), sample)
  .option('--clients <n>', 'sessions at once', whole, 16)
  .option('--minutes <n>', 'how long', minutes, 5)
  .option('--executors <n>', 'executor processes', whole, 2)
  .option('--threads <n>', 'threads of each executor', whole, 1)
  .option('--distribute <mode>', 'always, auto or never', mode, 'auto')
  .option('-o, --output <file>', 'all figures as JSON')
  .action(async (flags: Omit<ClientsOptions, 'output'> & OutputFlag) => {
    const { data, executors, threads, distribute, output } = flags
    const options = { data, clients: flags.clients, minutes: flags.minutes, executors, threads, distribute, output }
    if (!(await clients(options))) process.exitCode = 1
  })

program.command('endurance')
  .description('TPC-H in a loop while executors are killed and replaced, every answer compared')
  .option('--data <dir>', 'tables as TABLE.parquet or TABLE/*.parquet', (text) => resolve(text), sample)
  .option('--minutes <n>', 'how long', minutes, 30)
  .option('--clients <n>', 'sessions at once', whole, 2)
  .option('--kill-seconds <n>', 'time between two kills', whole, 5)
  .option('--executors <n>', 'executor processes', whole, 3)
  .option('--threads <n>', 'threads of each executor', whole, 1)
  .option('-o, --output <file>', 'all figures as JSON')
  .action(async (flags: Omit<EnduranceOptions, 'output'> & OutputFlag) => {
    const { data, executors, threads, killSeconds, output } = flags
    const options = { data, minutes: flags.minutes, clients: flags.clients, killSeconds, executors, threads, output }
    if (!(await endurance(options))) process.exitCode = 1
  })

program.command('chaos')
  .description('executors that die or stand still: how soon it is noticed, and what runs again')
  .option('--data <dir>', 'tables as TABLE.parquet or TABLE/*.parquet', (text) => resolve(text), sample)
  .option('--runs <n>', 'losses of each kind', whole, 3)
  .option('--executors <n>', 'executor processes', whole, 3)
  .option('--threads <n>', 'threads of each executor', whole, 1)
  .option('-o, --output <file>', 'all figures as JSON')
  .action(async (flags: Omit<ChaosOptions, 'output'> & OutputFlag) => {
    const { data, runs, executors, threads, output } = flags
    if (!(await chaos({ data, runs, executors, threads, output }))) process.exitCode = 1
  })

program.command('scheduler')
  .description('one scheduler with executors that answer at once: events a second, memory, placing')
  .option('--executors <n>', 'executors', whole, 1_000)
  .option('--slots <n>', 'slots of each executor', whole, 4)
  .option('--tasks <n>', 'tasks in all', whole, 100_000)
  .option('--tasks-per-job <n>', 'tasks of each job, one job after the other', whole, 10_000)
  .option('--store <store>', 'lmdb or memory', storeName, 'lmdb')
  .option('-o, --output <file>', 'all figures as JSON')
  .action(async (flags: Omit<SchedulerOptions, 'output'> & OutputFlag) => {
    const { executors, slots, tasks, tasksPerJob, store, output } = flags
    if (!(await scheduler({ executors, slots, tasks, tasksPerJob, store, output }))) process.exitCode = 1
  })

await program.parseAsync()
