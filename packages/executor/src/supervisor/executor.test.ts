import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { idOf, jobA, piecesOf, shuffleInput, specOf } from '../testing/builders.js'
import { TestCluster } from '../testing/test-cluster.js'

let cluster: TestCluster
beforeEach(() => {
  cluster = new TestCluster()
})
afterEach(() => cluster.close())

describe('a shuffle', () => {
  test('is read where it lies on the same executor', async () => {
    const one = await cluster.add()
    const made = await one.run(specOf(idOf(jobA, 1), 'rows'))
    if (made.kind !== 'succeeded') throw new Error(JSON.stringify(made))
    expect(made.report.inline).toBe(Buffer.from('rows').toString('base64'))
    const pieces = piecesOf(one.executor, made.attemptId, made.report)
    const read = await one.run(specOf(idOf(jobA, 2), 'concat', { inputs: [shuffleInput(pieces)] }))
    if (read.kind !== 'succeeded') throw new Error(JSON.stringify(read))
    expect(Buffer.from(read.report.inline!, 'base64').toString()).toBe('rows')
    expect(read.report.metrics.fetchedBytes).toBe(0)
    expect(await one.files()).toHaveLength(2)
  })

  test('is fetched from another executor and verified', async () => {
    const [one, two] = [await cluster.add(), await cluster.add()]
    const made = await one.run(specOf(idOf(jobA, 1), 'rows'))
    if (made.kind !== 'succeeded') throw new Error(JSON.stringify(made))
    const pieces = piecesOf(one.executor, made.attemptId, made.report)
    const read = await two.run(specOf(idOf(jobA, 2), 'concat', { inputs: [shuffleInput(pieces)] }))
    if (read.kind !== 'succeeded') throw new Error(JSON.stringify(read))
    expect(Buffer.from(read.report.inline!, 'base64').toString()).toBe('rows')
    expect(read.report.metrics.fetchedBytes).toBe(4)
  })
})
