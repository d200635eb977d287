/** Rows are numbered by a sequence while engines are killed and the cluster is started anew: no number comes twice. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SessionContext } from '@arbalest/client'
import { QueryError } from '@arbalest/common'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startLocalCluster, type LocalCluster } from '../../apps/cli/src/processes/local-cluster.js'
import { engineOf, isAlive } from './processes.js'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-sequences-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const start = (): Promise<LocalCluster> => startLocalCluster({
  executors: 2, port: 0, dataDirs: [root], stateDir: join(root, 'state'), threads: 1, taskSlots: 2,
  memoryLimitBytes: 768 * 1024 ** 2, token: undefined, executorTimeoutMs: 20_000, baseDirectory: root,
})

test('numbers of rows are different, whatever is killed', { timeout: 120_000 }, async () => {
  const seen: bigint[] = []
  for (let life = 0; life < 2; life++) {
    const cluster = await start()
    const url = `df://127.0.0.1:${cluster.scheduler.port}`
    const sessions = await Promise.all(Array.from({ length: 3 }, () => SessionContext.remote(url)))
    const [first] = sessions
    if (life === 0) {
      await first!.sql('CREATE SEQUENCE n')
      await first!.sql("CREATE TABLE w (id BIGINT DEFAULT nextval('n'), x BIGINT)")
    }
    const isOver = { value: false }
    const writers = Promise.all(sessions.map(async (session) => {
      for (let at = 0; at < 6; at++) {
        await answered(() => session.sql('INSERT INTO w (x) SELECT i FROM range(20000) r(i) ORDER BY i'))
        await answered(async () => {
          const rows = await (await session.sql("SELECT nextval('n') AS n FROM range(3)")).collect()
          seen.push(...rows.map((row) => row['n'] as bigint))
        })
      }
    })).finally(() => (isOver.value = true))
    await Promise.all([writers, killEngines(cluster, isOver)])
    const [row] = await (await first!.sql(`SELECT count(*) AS rows, count(DISTINCT id) AS ids, max(id) AS last,
      count(*) FILTER (id IN (${seen.join(', ')})) AS taken FROM w`)).collect()
    expect(row).toMatchObject({ ids: row?.['rows'], taken: 0n })
    const [next] = await (await first!.sql("SELECT nextval('n') AS n")).collect()
    seen.push(next?.['n'] as bigint)
    expect(next?.['n']).toBeGreaterThan(row?.['last'] as bigint)
    expect(new Set(seen).size).toBe(seen.length)
    await Promise.all(sessions.map((session) => session.close()))
    await cluster.close()
  }
})

async function killEngines(cluster: LocalCluster, isOver: { readonly value: boolean }): Promise<void> {
  for (let at = 0; at < 4 && !isOver.value; at++) {
    await new Promise((resolve) => setTimeout(resolve, 150))
    const victim = cluster.executors[at % cluster.executors.length]
    try {
      const engine = engineOf(victim!.pid)
      if (isAlive(engine)) process.kill(engine, 'SIGKILL')
    } catch {
      // It is being started anew.
    }
  }
}

/** What fails for a reason that is not its own may fail. */
async function answered(statement: () => Promise<unknown>): Promise<void> {
  try {
    await statement()
  } catch (error) {
    if (!(error instanceof QueryError) || error.category === 'user') throw error
  }
}
