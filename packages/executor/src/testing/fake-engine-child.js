/** An engine child without DuckDB: the SQL text says how it behaves. */
import { deserialize, serialize } from 'node:v8'

const waiting = new Map()

/** Each of its messages is one piece. */
const send = (reply) => process.send({ bytes: serialize(reply), more: false })

const output = (names) => ({
  names,
  files: [],
  rows: 0,
  bytes: 0,
  metrics: { inputRows: 0, inputBytes: 0, cpuMs: 0, spilledBytes: 0, peakMemoryBytes: 0 },
})

const fail = (callId, code, reason) =>
  send({ kind: 'failed', callId, error: { code, message: reason, fields: { reason } } })

process.on('disconnect', () => process.exit(0))
process.on('message', ({ bytes }) => {
  const request = deserialize(bytes)
  const { kind, callId } = request
  if (kind === 'close') process.exit(0)
  if (kind === 'cancel') waiting.get(request.attemptId)?.()
  if (kind === 'inspect') fail(callId, 'FILE_NOT_FOUND', 'no file matches x')
  if (kind === 'start') {
    if (request.options.threads === 0) fail(callId, 'INVALID_OPTION', 'threads')
    else send({ kind: 'started', callId, info: { fingerprint: `pid ${process.pid}` } })
  }
  if (kind === 'run') run(callId, request.attempt)
})

function run(callId, { sql, attemptId }) {
  if (sql === 'crash') process.exit(3)
  if (sql === 'environment') {
    const names = Object.keys(process.env).filter((name) => name.startsWith('ARBALEST_'))
    console.error('a line of the engine')
    send({ kind: 'ran', callId, output: output([process.env.UV_THREADPOOL_SIZE, ...names]) })
  }
  if (sql === 'wait') {
    waiting.set(attemptId, () => fail(callId, 'JOB_CANCELLED', 'interrupted'))
    console.error('waits')
  }
  if (sql === 'hang') console.error('hangs')
}
