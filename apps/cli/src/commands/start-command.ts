/** `arbalest start`: a cluster on this machine, ready to be asked. */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { limits, queryError } from '@arbalest/common'
import { SessionContext } from '@arbalest/client'
import { addOptions, portNumber, wholeNumber } from '../options/command-options.js'
import { cores, defaultMemoryLimitBytes } from '../options/machine.js'
import { poolOption, type PoolFlag } from '../options/pool-option.js'
import { readToken, tokenOption } from '../options/security-options.js'
import { startLocalCluster, type LocalCluster } from '../processes/local-cluster.js'
import { untilStopped } from './until-stopped.js'

interface StartFlags {
  readonly executors: number
  readonly port: number
  readonly dataDir?: readonly string[]
  readonly stateDir?: string
  readonly warehouseDir?: string
  readonly pool?: readonly PoolFlag[]
  readonly sample?: boolean
  readonly once?: boolean
  readonly authTokenFile?: string
}

const sampleTables = ['customer', 'lineitem', 'nation', 'orders', 'part', 'partsupp', 'region', 'supplier']

/** TPC-H query 5 in the sample's small size: five joins, an aggregate and a sort. */
const firstQuery = `SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue
FROM customer
JOIN orders ON c_custkey = o_custkey
JOIN lineitem ON l_orderkey = o_orderkey
JOIN supplier ON l_suppkey = s_suppkey AND c_nationkey = s_nationkey
JOIN nation ON s_nationkey = n_nationkey
JOIN region ON n_regionkey = r_regionkey
WHERE r_name = 'ASIA' AND o_orderdate >= DATE '1994-01-01' AND o_orderdate < DATE '1995-01-01'
GROUP BY n_name
ORDER BY revenue DESC`

export function addStartCommand(program: Command): void {
  const command = program.command('start').description('run a local cluster: a scheduler and executors')
  addOptions(command, 'start', [
    { flags: '--executors <n>', help: 'executor processes', defaultValue: 2, parse: wholeNumber(1, 64) },
    { flags: '--port <port>', help: 'port for clients', defaultValue: 50050, parse: portNumber },
    {
      flags: '--data-dir <dir...>',
      help: 'what scans may read (default: the current directory and the sample)',
      parse: String,
    },
    {
      flags: '--state-dir <dir>',
      help: 'where tables, the catalog and jobs are kept (default: they go with the cluster)',
    },
    { flags: '--warehouse-dir <dir>', help: 'where the files of tables go (default: inside the state directory)' },
    poolOption,
    { flags: '--sample', help: 'register the bundled TPC-H tables and run a query on them' },
    { flags: '--once', help: 'end after that query' },
    tokenOption,
  ])
  command.action(run)
}

async function run(flags: StartFlags): Promise<void> {
  const withSample = flags.sample === true || flags.once === true
  const sampleDir = withSample ? findSample() : undefined
  const token = readToken(flags.authTokenFile)
  const dataDirs = (flags.dataDir ?? [process.cwd()]).map((dir) => resolve(dir))
  const startedMs = Date.now()
  const cluster = await startLocalCluster({
    executors: flags.executors,
    port: flags.port,
    dataDirs: sampleDir === undefined ? dataDirs : [...dataDirs, sampleDir],
    stateDir: flags.stateDir === undefined ? undefined : resolve(flags.stateDir),
    warehouseDir: flags.warehouseDir === undefined ? undefined : resolve(flags.warehouseDir),
    threads: Math.max(1, Math.floor(cores() / flags.executors)),
    taskSlots: 2,
    memoryLimitBytes: Math.floor(defaultMemoryLimitBytes() / flags.executors),
    token,
    executorTimeoutMs: limits.executorTimeoutMs,
    pools: new Map(flags.pool),
    baseDirectory: process.cwd(),
  })
  const url = `df://127.0.0.1:${cluster.scheduler.port}`
  say(`Cluster of 1 scheduler and ${flags.executors} executors ready in ${Date.now() - startedMs} ms.`)
  try {
    if (sampleDir !== undefined) await showSample({ url, token, sampleDir })
    if (flags.once === true) return await cluster.close()
  } catch (error) {
    await cluster.close()
    throw error
  }
  announce(url, cluster)
  await untilStopped(cluster)
}

/** The bundled tables, wherever this package was put. */
function findSample(): string {
  let dir = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    const sample = join(dir, 'data', 'tpch')
    if (existsSync(join(sample, 'lineitem.parquet'))) return sample
    if (dirname(dir) === dir) throw queryError('FILE_NOT_FOUND', { path: 'data/tpch, the bundled sample' })
    dir = dirname(dir)
  }
}

interface SampleOptions {
  readonly url: string
  readonly token: string | undefined
  readonly sampleDir: string
}

async function showSample({ url, token, sampleDir }: SampleOptions): Promise<void> {
  const context = await SessionContext.remote(url, token === undefined ? {} : { token })
  try {
    for (const table of sampleTables) await context.registerParquet(table, join(sampleDir, `${table}.parquet`))
    say(`Registered the TPC-H sample: ${sampleTables.join(', ')}.`)
    await context.set('arbalest.distribute', 'always')
    say(`\n${firstQuery};\n`)
    const query = await context.sql(firstQuery)
    say((await query.explain({ analyze: true })).trimEnd())
    say('')
    await query.show()
  } finally {
    await context.close()
  }
}

function announce(url: string, { scheduler }: LocalCluster): void {
  say('')
  say(`SQL shell     npx arbalest sql --url ${url}`)
  say(`From Node     SessionContext.remote('${url}')`)
  say(`Health, jobs  http://127.0.0.1:${scheduler.port}/healthz  /api/jobs  /api/executors`)
  say('Ctrl-C stops the cluster.')
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)
