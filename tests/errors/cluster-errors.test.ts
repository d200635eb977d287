/** What is wrong with the cluster: nobody there, nobody to run a query, ports that are taken. */
import { createServer, type AddressInfo } from 'node:net'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalCluster } from '@arbalest/cli'
import { SessionContext } from '@arbalest/client'
import { createEngine } from '@arbalest/engine'
import { createExecutor } from '@arbalest/executor'
import { grpcSchedulerLink, startGrpcControlServer } from '@arbalest/protocol'
import { createScheduler } from '@arbalest/scheduler'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestCluster } from '../testing/test-cluster.js'

let root: string
/** Listens and never answers. */
const silent = createServer()
let takenPort: number

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-cluster-errors-'))
  await writeFile(join(root, 'numbers.csv'), 'n\n1\n')
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  takenPort = (silent.address() as AddressInfo).port
})

afterAll(async () => {
  silent.close()
  await rm(root, { recursive: true, force: true })
})

describe('without executors', () => {
  test('queries fail when nobody has come in time', async () => {
    const cluster = await startTestCluster({ executors: 0, noExecutorGraceMs: 300, baseDirectory: root })
    const session = await cluster.session()
    await expect(session.execute('SELECT 42')).rejects.toMatchObject({ code: 'NO_EXECUTORS' })
    await expect(session.execute("SELECT * FROM 'numbers.csv'")).rejects.toMatchObject({ code: 'NO_EXECUTORS' })
    await expect(session.registerCsv('numbers', 'numbers.csv')).rejects.toMatchObject({ code: 'NO_EXECUTORS' })
    expect((await session.execute('SHOW TABLES')).rowCount).toBe(0)
    await cluster.close()
  })
})

describe('nobody there', () => {
  test('a client cannot reach the scheduler', async () => {
    const free = await freePort()
    await expect(SessionContext.remote(`df://127.0.0.1:${free}`)).rejects.toMatchObject({
      code: 'SCHEDULER_UNREACHABLE',
      message: expect.stringContaining(`127.0.0.1:${free}`) as unknown,
    })
    await expect(SessionContext.remote('df://no-such-host.invalid:50050')).rejects.toMatchObject({
      code: 'SCHEDULER_UNREACHABLE',
    })
  })

  test('an executor cannot reach the scheduler', async () => {
    const link = grpcSchedulerLink({ host: '127.0.0.1', port: await freePort() })
    await expect(link.attach(AbortSignal.timeout(20_000))).rejects.toMatchObject({ code: 'SCHEDULER_UNREACHABLE' })
  })

  test('addresses that are none are refused', async () => {
    for (const url of ['http://127.0.0.1:50050', 'df://', '127.0.0.1', 'df://127.0.0.1:99999']) {
      await expect(SessionContext.remote(url)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    }
  })
})

describe('a port in use', () => {
  const refusal = () => ({ code: 'PORT_IN_USE', message: expect.stringContaining(String(takenPort)) as unknown })

  test('is told for a whole cluster', async () => {
    await expect(startLocalCluster({
      executors: 1,
      port: takenPort,
      dataDirs: [root],
      threads: 1,
      taskSlots: 1,
      memoryLimitBytes: 512 * 1024 ** 2,
      token: undefined,
      executorTimeoutMs: 20_000,
      baseDirectory: root,
    })).rejects.toMatchObject(refusal())
  })

  test('is told for the control port', async () => {
    const scheduler = createScheduler()
    await expect(startGrpcControlServer({
      host: '127.0.0.1',
      port: takenPort,
      onExecutor: (stream) => scheduler.attachExecutor(stream),
      service: scheduler.service,
    })).rejects.toMatchObject(refusal())
    await scheduler.close()
  })

  test('is told for an executor', async () => {
    const workDir = join(root, 'work')
    const limits = { threads: 1, memoryLimitBytes: 512 * 1024 ** 2, workDir, dataDirs: [root] }
    const link = grpcSchedulerLink({ host: '127.0.0.1', port: await freePort() })
    const engine = createEngine(limits)
    const executor = createExecutor({ ...limits, link, engine, slots: 1, port: takenPort, version: '0' })
    await expect(executor.start()).rejects.toMatchObject(refusal())
    await executor.close()
  })
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
