import type { JobId } from '@arbalest/common'
import type { JobStatus } from '@arbalest/protocol'
import { expect, test } from 'vitest'
import { followJob } from './run-job.js'
import type { StatementContext } from './statement-context.js'

const jobId = 'jaaaaaaaaaaaaaaaa' as JobId

test.each(['succeeded', 'failed'] as const)('the watch of a job that has %s comes to its own end', async (state) => {
  const { context, course, settled } = fixture(['running', state])
  const run = collect(followJob(jobId, context))
  if (state === 'failed') await expect(run).rejects.toBeDefined()
  else expect(await run).toEqual(['accepted', 'progress'])
  await settled
  expect(course).toEqual(['came to its end'])
})

test('who leaves ends the job, and its watch comes to its own end', async () => {
  const { context, course, settled } = fixture(['running', 'running', 'cancelled'])
  const events = followJob(jobId, context)
  await events.next()
  await events.next()
  await events.return(undefined as never)
  await settled
  expect(course.toSorted()).toEqual(['came to its end', 'job cancelled'])
})

test.each([
  { how: 'does not ask for it again', asks: [false], states: ['running'], end: ['job cancelled'] },
  { how: 'asks and then does not', asks: [true, true, false], states: ['running'], end: ['job cancelled'] },
  { how: 'asks until it has its end', asks: [true], states: ['running', 'succeeded'], end: [] },
  { how: 'asks too late', asks: [false], states: ['running', 'succeeded'], end: ['rows may go'] },
] as const)('who was cut off from a query and $how', async ({ asks, states, end }) => {
  const { context, course } = fixture(states, asks)
  const events = followJob(jobId, { ...context, signal: AbortSignal.abort() }, [])
  await events.next()
  await expect(events.next()).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
  await expect.poll(() => course.filter((what) => !what.startsWith('came'))).toEqual([...end, 'all asked'])
})

function fixture(
  states: readonly JobStatus['state'][],
  asks: readonly boolean[] = [],
) {
  const course: string[] = []
  let onSettled = (): void => undefined
  const settled = new Promise<void>((resolve) => (onSettled = resolve))
  async function* watch() {
    let cameToItsEnd = false
    try {
      for (const state of states) yield await Promise.resolve({ jobId, state } as JobStatus)
      cameToItsEnd = true
    } finally {
      course.push(cameToItsEnd ? 'came to its end' : 'was left')
      onSettled()
    }
  }
  const cancel = () => Promise.resolve(void course.push('job cancelled'))
  const releaseResult = () => Promise.resolve(void course.push('rows may go'))
  const details = () => Promise.resolve({ status: { state: states.at(-1) } })
  const answers = [...asks]
  const isAskedFor = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    const answer = answers.shift() === true
    if (answers.length === 0) setImmediate(() => course.push('all asked'))
    return answer
  }
  const context = {
    scheduler: { watch, cancel, releaseResult, details },
    leftJobs: { asked: () => undefined, isAskedFor },
    signal: new AbortController().signal,
    jobSequences: new Map(),
    session: { settings: { cancelOnDisconnect: true } },
  } as unknown as StatementContext
  return { context, course, settled }
}

async function collect(events: ReturnType<typeof followJob>): Promise<readonly string[]> {
  const kinds: string[] = []
  for await (const event of events) kinds.push(event.kind)
  return kinds
}
