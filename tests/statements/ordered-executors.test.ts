/** Executors that an operator sets aside, drains and takes back over HTTP while queries run. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../testing/test-cluster.js'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster({ executors: 2 })
})
afterAll(() => cluster?.close())

async function order(id: string, action: unknown, query = '') {
  const response = await fetch(`http://127.0.0.1:${cluster.port}/api/executor/${id}${query}`, {
    method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ action }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const executorIds = async () => (await cluster.service.executors()).map(({ registration }) => registration.executorId)

/** On whom the attempts of a statement ran. */
async function placesOf(sql: string): Promise<readonly unknown[]> {
  const session = await cluster.session({ 'arbalest.distribute': 'always', 'arbalest.job_name': sql })
  expect((await (await session.sql(sql)).collectText()).rows).toEqual([['300000']])
  const job = (await cluster.service.jobs()).find(({ name }) => name === sql)!
  const { stages } = await cluster.service.details(job.jobId)
  return [...new Set(stages.flatMap(({ attempts }) => attempts.map(({ executorId }) => executorId)))].toSorted()
}

test('attempts go where they may, and what is set aside or drained may be taken back', async () => {
  const [first, second] = await executorIds()
  expect(await order(first!, 'set_aside', '?dry_run=true')).toMatchObject({ status: 200, body: { state: 'active' } })
  expect(await order(first!, 'set_aside')).toEqual({
    status: 200, body: { state: 'set_aside', affects: { jobs: 0, outputs: 0 } },
  })
  expect(await placesOf('SELECT count(*) FROM range(300000)')).toEqual([second])
  expect((await order(first!, 'take_back')).body).toMatchObject({ state: 'active' })
  expect((await order(second!, 'set_aside')).body).toMatchObject({ state: 'set_aside' })
  expect(await placesOf('SELECT count(*) + 0 FROM range(300000)')).toEqual([first])
  expect((await order(second!, 'take_back')).body).toMatchObject({ state: 'active' })
  expect((await order(second!, 'drain')).body).toMatchObject({ state: 'draining' })
  expect(await placesOf('SELECT count(*) - 0 FROM range(300000)')).toEqual([first])
})

test('what is no order or no executor is refused', async () => {
  const [first] = await executorIds()
  for (const action of ['explode', undefined, null, { drain: true }]) {
    expect(await order(first!, action)).toMatchObject({ status: 400, body: { error: { code: 'INVALID_REQUEST' } } })
  }
  expect(await order('eaaaaaaaaaaaaaaaa', 'drain')).toMatchObject({ status: 404 })
  expect((await order('..%2f..', 'drain')).status).toBe(400)
})
