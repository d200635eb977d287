import { expect, test } from 'vitest'
import { createTableLocks } from './table-locks.js'

test('statements of one table go on in the order they came, those of others beside them', async () => {
  const locks = createTableLocks()
  const { signal } = new AbortController()
  const order: string[] = []
  const first = await locks.take('t', signal)
  const second = locks.take('t', signal).then((release) => {
    order.push('second')
    release()
  })
  const third = locks.take('t', signal).then((release) => {
    order.push('third')
    release()
  })
  const beside = await locks.take('u', signal)
  beside()
  order.push('first')
  first()
  await Promise.all([second, third])
  expect(order).toEqual(['first', 'second', 'third'])
})

test('one that nobody waits for any more lets the next go on', async () => {
  const locks = createTableLocks()
  const gone = new AbortController()
  const first = await locks.take('t', new AbortController().signal)
  const second = locks.take('t', gone.signal)
  const third = locks.take('t', new AbortController().signal)
  gone.abort()
  first()
  await expect(second).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
  ;(await third)()
})
