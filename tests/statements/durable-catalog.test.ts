/** What statements have made is there again after every process was started anew. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SessionContext } from '@arbalest/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startLocalCluster } from '../../apps/cli/src/processes/local-cluster.js'
import { startStatementLab } from './statement-lab.js'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'arbalest-durable-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

test('tables, views and schemas outlive the cluster', async () => {
  const kept = { stateDir: join(directory, 'state'), warehouseDir: join(directory, 'warehouse') }
  const first = await startStatementLab(kept)
  await first.run('CREATE SCHEMA more')
  await first.run("CREATE TABLE more.t (a INT NOT NULL DEFAULT 3, e ENUM('x', 'y'), CHECK (a < 100))")
  await first.run("INSERT INTO more.t VALUES (1, 'x'), (2, NULL)")
  await first.run('CREATE VIEW v AS SELECT a * 10 AS b FROM more.t')
  await first.run('CREATE VIEW w AS SELECT sum(b) AS s FROM v')
  await first.run("CREATE TYPE mood AS ENUM ('sad', 'ok')")
  await first.run('CREATE MACRO more.inner(x) AS x * 2')
  await first.run('CREATE MACRO doubled() AS TABLE SELECT more.inner(b) AS d FROM v')
  await first.run('CREATE VIEW z AS SELECT sum(d) AS s FROM doubled()')
  await first.run('CREATE TEMP VIEW passing AS SELECT 1 AS a')
  await first.run('CREATE TABLE gone AS SELECT 1 AS a')
  await first.run('DROP TABLE gone')
  await first.run('CREATE TABLE renamed AS SELECT 1 AS a')
  await first.run('ALTER TABLE renamed RENAME TO named')
  await first.close()
  const second = await startStatementLab(kept)
  try {
    expect(await second.rows('FROM more.t ORDER BY a')).toEqual([['1', 'x'], ['2', null]])
    expect(await second.rows('FROM w')).toEqual([['30']])
    expect(await second.rows("SELECT s, 'ok'::mood FROM z")).toEqual([['60', 'ok']])
    expect((await second.rows('SHOW TABLES')).map(([, name]) => name)).not.toContain('passing')
    expect(await second.rows('FROM named')).toEqual([['1']])
    expect(await second.failure('FROM gone')).toMatchObject({ code: 'UNKNOWN_TABLE' })
    await second.run("INSERT INTO more.t (e) VALUES ('y')")
    expect(await second.rows('FROM w')).toEqual([['60']])
    expect(await second.failure('INSERT INTO more.t VALUES (500, NULL)')).toMatchObject({ code: 'EXECUTION_ERROR' })
  } finally {
    await second.close()
  }
}, 60_000)

test('a front that is killed comes back with its tables', async () => {
  const cluster = await startLocalCluster({
    executors: 2, port: 0, dataDirs: [directory], stateDir: join(directory, 'state'), threads: 1, taskSlots: 2,
    memoryLimitBytes: 1024 ** 3, token: undefined, executorTimeoutMs: 20_000, baseDirectory: directory,
  })
  try {
    const url = `df://127.0.0.1:${cluster.scheduler.port}`
    const before = await SessionContext.remote(url)
    await before.sql('CREATE TABLE t AS SELECT i AS n FROM range(1000) r(i)')
    process.kill(cluster.scheduler.frontPid, 'SIGKILL')
    await before.close()
    const after = await connected(url)
    expect(await (await after.sql('SELECT count(*) AS n FROM t')).collect()).toEqual([{ n: 1000n }])
    await after.sql('DELETE FROM t WHERE n >= 10')
    await after.sql('INSERT INTO t VALUES (-1), (1 + 1)')
    await after.sql(`COPY t TO '${join(directory, 'out.csv')}'`)
    expect(await readFile(join(directory, 'out.csv'), 'utf8')).toMatch(/^n\n0\n1\n/)
    await after.sql('DELETE FROM t WHERE n < 0 OR n = 2')
    expect(await (await after.sql('SELECT count(*) AS n FROM t')).collect()).toEqual([{ n: 9n }])
    await after.close()
  } finally {
    await cluster.close()
  }
}, 60_000)

/** The port is closed until the new front listens on it. */
async function connected(url: string): Promise<SessionContext> {
  for (let tries = 0; ; tries++) {
    try {
      return await SessionContext.remote(url)
    } catch (error) {
      if (tries > 200) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
