import { describe, expect, test } from 'vitest'
import { inProcessSchedulerLink, messageStreamPair } from './in-process.js'

describe('a stream within one process', () => {
  test('delivers later, in order, also what was sent before anybody listened', async () => {
    const [left, right] = messageStreamPair<number, string>()
    left.send(1)
    left.send(2)
    const seen: number[] = []
    const three = new Promise<void>((resolve) =>
      right.onMessage((n) => (seen.push(n), n === 3 && resolve())),
    )
    left.send(3)
    expect(seen).toEqual([])
    await three
    expect(seen).toEqual([1, 2, 3])
  })

  test('tells both sides of its end, once, after what was sent', async () => {
    const [left, right] = messageStreamPair<number, number>()
    const events: string[] = []
    right.onMessage((n) => events.push(`message ${n}`))
    const closed = Promise.all([
      new Promise<void>((resolve) =>
        left.onClose((reason) => (events.push(`left ${reason}`), resolve())),
      ),
      new Promise<void>((resolve) =>
        right.onClose((reason) => (events.push(`right ${reason}`), resolve())),
      ),
    ])
    left.send(1)
    left.close('done')
    left.close('again')
    left.send(2)
    await closed
    expect(events.sort()).toEqual(['left done', 'message 1', 'right done'])
  })

  test('a link hands the scheduler its end', async () => {
    const link = inProcessSchedulerLink((stream) => stream.send({ kind: 'registered' }))
    const stream = await link.attach(new AbortController().signal)
    expect(await new Promise((resolve) => stream.onMessage(resolve))).toEqual({
      kind: 'registered',
    })
  })
})
