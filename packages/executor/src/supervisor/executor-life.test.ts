import { readdir } from 'node:fs/promises'
import { limits, queryError } from '@arbalest/common'
import { protocolVersion } from '@arbalest/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { idOf, jobA, specOf } from '../testing/builders.js'
import { FakeEngine } from '../testing/fake-engine.js'
import { FakeScheduler, unreachable } from '../testing/fake-scheduler.js'
import { ManualClock } from '../testing/manual-clock.js'
import { TestCluster } from '../testing/test-cluster.js'
import { deferred } from './deferred.js'

let cluster: TestCluster
let clock: ManualClock
beforeEach(() => {
  cluster = new TestCluster()
  clock = new ManualClock()
})
afterEach(() => cluster.close())

describe('registration', () => {
  test('says who and where the executor is', async () => {
    const { executor, scheduler } = await cluster.add({ externalHost: 'node-7', threads: 3 })
    expect(scheduler.registrations).toMatchObject([
      {
        protocolVersion,
        executorId: executor.id,
        host: 'node-7',
        port: executor.address.port,
        slots: 2,
        threads: 3,
        engineFingerprint: 'fake',
        heldOutputs: [],
        runningAttempts: [],
      },
    ])
  })

  test('is tried until a scheduler is there, less and less often', async () => {
    const scheduler = new FakeScheduler()
    scheduler.attachError = unreachable()
    const executor = await cluster.create(scheduler, { clock })
    await executor.start()
    for (const pauseMs of [200, 400, 800, limits.attachBackoffMaxMs, limits.attachBackoffMaxMs]) {
      const before = scheduler.attachments
      await settled()
      clock.advance(pauseMs - 1)
      await settled()
      expect(scheduler.attachments).toBe(before)
      clock.advance(1)
      await scheduler.until(({ attachments }) => attachments > before || undefined)
    }
    scheduler.attachError = undefined
    await settled()
    clock.advance(limits.attachBackoffMaxMs)
    await executor.registered
  })

  test('after a stream that broke is tried often for a while: the scheduler may start again', async () => {
    const { executor, scheduler } = await cluster.add({ clock })
    await executor.registered
    scheduler.attachError = unreachable()
    scheduler.breakStream()
    const { attachments } = scheduler
    for (let tries = 1; tries <= 10; tries++) {
      await settled()
      clock.advance(limits.reattachBackoffMaxMs)
      await scheduler.until((now) => now.attachments > attachments + tries || undefined)
    }
    clock.advance(limits.reattachHurryMs)
    await settled()
    clock.advance(limits.attachBackoffMaxMs)
    await settled()
    const before = scheduler.attachments
    clock.advance(limits.reattachBackoffMaxMs)
    await settled()
    expect(scheduler.attachments).toBe(before)
  })

  test('that is refused ends the executor with that error', async () => {
    const scheduler = new FakeScheduler()
    const error = queryError('FINGERPRINT_MISMATCH', { theirs: 'a', ours: 'b' })
    scheduler.answer = () => ({ kind: 'refused', error: error.toWire() })
    const executor = await cluster.create(scheduler)
    await executor.start()
    await expect(executor.registered).rejects.toMatchObject({ code: 'FINGERPRINT_MISMATCH' })
    expect(await executor.closed).toMatchObject({ error: { code: 'FINGERPRINT_MISMATCH' } })
  })

  test('with a wrong token ends the executor', async () => {
    const scheduler = new FakeScheduler()
    scheduler.attachError = queryError('UNAUTHENTICATED', { reason: 'wrong token' })
    const executor = await cluster.create(scheduler)
    await executor.start()
    expect(await executor.closed).toMatchObject({ error: { code: 'UNAUTHENTICATED' } })
  })

  test('that is not answered is tried again', async () => {
    const scheduler = new FakeScheduler()
    scheduler.answer = () => undefined
    const executor = await cluster.create(scheduler, { clock })
    await executor.start()
    await scheduler.until(({ registrations }) => registrations[0])
    scheduler.answer = () => ({ kind: 'registered' })
    clock.advance(limits.executorTimeoutMs)
    await settled()
    clock.advance(limits.attachBackoffMaxMs)
    await executor.registered
  })
})

test('heartbeats come at once and at each interval, and stop with the stream', async () => {
  const { scheduler } = await cluster.add({ clock })
  const beats = (): number => scheduler.heard.filter(({ kind }) => kind === 'heartbeat').length
  for (const count of [1, 2, 3]) {
    await scheduler.until(() => (beats() === count ? true : undefined))
    await settled()
    clock.advance(limits.heartbeatIntervalMs)
  }
})

test('after a broken stream the same executor announces what it holds and tells it again', async () => {
  const { executor, engine, scheduler, run } = await cluster.add()
  const finish = deferred<readonly string[]>()
  engine.behaviours.set('long', () => finish.promise)
  await run(specOf(idOf(jobA, 1), 'rows'))
  scheduler.send({ kind: 'launch', jobToken: 'token', attempts: [specOf(idOf(jobA, 2), 'long')] })
  scheduler.breakStream()
  await scheduler.until(({ registrations }) => registrations[1])
  expect(scheduler.registrations[1]).toMatchObject({
    executorId: executor.id,
    heldOutputs: [idOf(jobA, 1)],
    runningAttempts: [idOf(jobA, 2)],
  })
  finish.resolve(['late'])
  await scheduler.ended(idOf(jobA, 2))
  const told = scheduler.updates.filter((u) => u.kind === 'succeeded').map((u) => u.attemptId)
  expect(told).toEqual([idOf(jobA, 1), idOf(jobA, 1), idOf(jobA, 2)])
})

test('what is told again after a broken stream comes before the first heartbeat', async () => {
  const { scheduler, run } = await cluster.add()
  await run(specOf(idOf(jobA, 1), 'rows'))
  const before = scheduler.heard.length
  scheduler.breakStream()
  const beats = (): boolean => scheduler.heard.slice(before).some(({ kind }) => kind === 'heartbeat')
  await scheduler.until(() => beats() || undefined)
  const kinds = scheduler.heard.slice(before).map(({ kind }) => kind)
  expect(kinds).toEqual(['register', 'updates', 'heartbeat'])
})

test('updates that come together travel together', async () => {
  const { scheduler } = await cluster.add({ clock, slots: 10 })
  const ids = [0, 1, 2, 3].map((task) => idOf(jobA, 1, task))
  scheduler.send({ kind: 'launch', jobToken: 't', attempts: ids.map((id) => specOf(id, 'x')) })
  await settled()
  clock.advance(limits.runningReportWaitMs)
  const batches = scheduler.heard.filter((message) => message.kind === 'updates')
  expect(batches[0]?.updates.length).toBeGreaterThanOrEqual(4)
})

describe('draining', () => {
  test('finishes what runs, serves until forgotten, then ends', async () => {
    const { executor, engine, scheduler, run } = await cluster.add()
    const finish = deferred<readonly string[]>()
    const begun = deferred<void>()
    engine.behaviours.set('long', () => {
      begun.resolve()
      return finish.promise
    })
    const running = run(specOf(idOf(jobA, 1), 'long'))
    await begun.promise
    const drained = executor.drain()
    expect(await run(specOf(idOf(jobA, 2), 'x'))).toMatchObject({ error: { code: 'EXECUTOR_LOST' } })
    expect(scheduler.heard).toContainEqual({ kind: 'draining' })
    finish.resolve(['rows'])
    expect(await running).toMatchObject({ kind: 'succeeded' })
    scheduler.send({ kind: 'forget-job', jobId: jobA })
    await drained
    expect(await executor.closed).toEqual({ reason: 'drained' })
    expect(engine.closed).toBe(true)
  })

  test('ends by its limit when outputs are still held', async () => {
    const { executor, run } = await cluster.add({ drainTimeoutMs: 20 })
    await run(specOf(idOf(jobA, 1), 'x'))
    await executor.drain()
  })
})

describe('the end', () => {
  test('by its owner interrupts attempts, frees the directory and leaves no file', async () => {
    const { executor, engine, workDir, scheduler } = await cluster.add({ slots: 1 })
    const begun = deferred<void>()
    engine.behaviours.set('long', () => {
      begun.resolve()
      return new Promise(() => undefined)
    })
    const attempts = [specOf(idOf(jobA, 1), 'long'), specOf(idOf(jobA, 2), 'never')]
    scheduler.send({ kind: 'launch', jobToken: 't', attempts })
    await begun.promise
    await Promise.all([executor.close(), executor.close()])
    expect(engine.ran.map(({ sql }) => sql)).toEqual(['long'])
    expect(await readdir(workDir)).toEqual(['executor.lock'])
  })

  test('comes when the scheduler shuts it down', async () => {
    const { executor, scheduler } = await cluster.add()
    scheduler.send({ kind: 'shut-down' })
    expect(await executor.closed).toMatchObject({ reason: expect.stringContaining('scheduler') as string })
  })

  test('before the start is no harm', async () => {
    const executor = await cluster.create(new FakeScheduler())
    await executor.close()
  })
})

describe('a start that fails', () => {
  test('for a directory in use names the option and leaves the first alone', async () => {
    const one = await cluster.add()
    const second = await cluster.create(new FakeScheduler(), { workDir: one.workDir })
    await expect(second.start()).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    expect(await one.run(specOf(idOf(jobA, 1), 'x'))).toMatchObject({ kind: 'succeeded' })
  })

  test('for a port in use gives directory and engine free', async () => {
    const one = await cluster.add()
    const engine = new FakeEngine()
    const workDir = await cluster.directory()
    const { port } = one.executor.address
    const second = await cluster.create(new FakeScheduler(), { workDir, engine, port })
    await expect(second.start()).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    expect(engine.closed).toBe(true)
    await cluster.add({ workDir })
  })
})

/** Lets everything happen that needs no clock and no file. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
