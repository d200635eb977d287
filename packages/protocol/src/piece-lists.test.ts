import type { AttemptId, ExecutorId, JobId } from '@arbalest/common'
import type { AttemptSpec, ShufflePiece } from '@arbalest/plan'
import { beforeEach, expect, test } from 'vitest'
import { schedulerMessageShape } from './message-shapes.js'
import type { ExecutorMessage, MessageStream, Registration, SchedulerMessage } from './messages.js'
import {
  encodeStreamMessage, namingPieceLists, resolvingPieceLists, type StreamMessage,
} from './piece-lists.js'
import { decodeJson } from './shape.js'

const jobId = 'jaaaaaaaaaaaaaaaa' as JobId
const pieces = Array.from({ length: 1000 }, (_, task): ShufflePiece => ({
  executorId: `eaaaaaaaaaaaaaaa${task % 3}` as ExecutorId,
  host: '10.0.0.1',
  port: 50051,
  attemptId: `${jobId}/1/${task}/1` as AttemptId,
  file: 0,
  rows: 10 + task,
  bytes: 1000 + task,
  ...(task % 2 === 0 ? {} : { crc32: task }),
  ...(task % 5 === 0 ? { index: { bytes: task } } : {}),
  ...(task % 7 === 0 ? { index: { bytes: task, crc32: 0 } } : {}),
  ...(task % 11 === 0 ? { inline: 'cm93cw==' } : {}),
  ...(task % 13 === 0 ? { store: 'sabc' } : {}),
}))

let sent: Buffer[]
let heard: SchedulerMessage[]
let closed: string[]
let scheduler: MessageStream<SchedulerMessage, ExecutorMessage>
let deliver: (message: Buffer) => void
beforeEach(() => {
  [sent, heard, closed] = [[], [], []]
  let register: (message: ExecutorMessage) => void = () => undefined
  const end = { onClose: () => undefined, close: (reason: string) => void closed.push(reason) }
  const executor = resolvingPieceLists({
    ...end,
    send: (message) => register(message),
    onMessage: (listener) => {
      deliver = (bytes) => listener(decodeJson(bytes, schedulerMessageShape, 'message'))
    },
  })
  executor.onMessage((message) => heard.push(message))
  scheduler = namingPieceLists({
    ...end,
    send: (message: StreamMessage) => {
      const bytes = encodeStreamMessage(message)
      sent.push(bytes)
      deliver(bytes)
    },
    onMessage: (listener) => void (register = listener),
  })
  scheduler.onMessage(() => undefined)
  executor.send({ kind: 'register', registration: { takesLists: true } as Registration })
})

test('a list that many attempts read goes over the stream once, and each has it', () => {
  for (const task of [0, 1, 2]) scheduler.send(launch(task))
  expect(heard).toEqual([0, 1, 2].map((task) => launch(task)))
  expect(sent.map(({ length }) => length < 1000)).toEqual([false, true, true, true])
  // A third of what the same says in full.
  expect(sent[0]!.length).toBeLessThan(JSON.stringify(pieces).length / 3)
})

test('a list of another name, or of a job that was forgotten, is sent again', () => {
  scheduler.send(launch(0))
  scheduler.send(launch(1, '1.2'))
  scheduler.send({ kind: 'forget-job', jobId })
  scheduler.send(launch(2))
  expect(heard).toEqual([launch(0), launch(1, '1.2'), { kind: 'forget-job', jobId }, launch(2)])
  expect(sent).toHaveLength(7)
})

test('an older executor gets its pieces in every launch', () => {
  const messages: StreamMessage[] = []
  const stream = { onMessage: () => undefined, onClose: () => undefined, close: () => undefined }
  namingPieceLists({ ...stream, send: (message) => messages.push(message) }).send(launch(0))
  expect(messages).toEqual([launch(0)])
})

test.each([
  ['names a list that was not sent', { kind: 'launch', jobToken: '', attempts: [attempt(0, '9.9', [])] }],
])('a scheduler that %s is left', (_what, message) => {
  deliver(Buffer.from(JSON.stringify(message)))
  expect(heard).toEqual([])
  expect(closed).toEqual([expect.stringContaining('9.9')])
})

test('a list that is none is no message', () => {
  for (const wrong of [{}, { executors: [], rows: [[0, '1/1/1', 0, 1, 1]] }, { executors: [], rows: [7] }]) {
    const bytes = Buffer.from(JSON.stringify({ kind: 'piece-list', jobId, list: '1', pieces: wrong }))
    expect(() => deliver(bytes)).toThrow()
  }
})

const launch = (task: number, list = '1.1'): SchedulerMessage =>
  ({ kind: 'launch', jobToken: 'token', attempts: [attempt(task, list, pieces)] })

function attempt(task: number, list: string, read: readonly ShufflePiece[]): AttemptSpec {
  return {
    attemptId: `${jobId}/2/${task}/1` as AttemptId, sql: 'FROM input_0', slice: [task], columns: [], settings: {},
    inputs: [{ kind: 'shuffle', name: 'input_0', columns: [], pieces: read, list }],
    output: { kind: 'single' }, compression: 'none', checksum: false,
  }
}
