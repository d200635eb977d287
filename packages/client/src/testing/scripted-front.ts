/** A front that answers by a script, on a real socket: for the tests of the client. */
import { Int32, Table, tableToIPC, vectorFromArray } from 'apache-arrow'
import { queryError, type JobId } from '@arbalest/common'
import {
  FrontService,
  chunkSource,
  createGrpcServer,
  decodeExecuteRequest,
  encodeExecuteEvent,
  encodeJobAnswer,
  flightService,
  openGuardedListener,
  readIpcMessages,
  streamHandler,
  unaryHandler,
  type ExecuteRequest,
  type FlightData,
  type StatementResult,
  type wire,
} from '@arbalest/protocol'
import { SessionContext } from '../session-context.js'

export const jobId = 'jaaaaaaaaaaaaaaaa' as JobId
export const sessionId = 'saaaaaaaaaaaaaaaa'
export const progress = {
  jobId,
  state: 'running' as const,
  stagesDone: 1,
  stagesKnown: 2,
  attemptsRunning: 1,
}

const cleanups: (() => unknown)[] = []
/** Ends what the fronts and sessions of a test hold open. */
export async function closeFronts(): Promise<void> {
  for (const clean of cleanups.splice(0).reverse()) await clean()
}

export interface Script {
  /** What a statement gives; `hang` never ends. */
  readonly answer: (request: ExecuteRequest) => Partial<StatementResult> | 'hang' | Promise<never>
  readonly rows?: (signal: AbortSignal) => AsyncIterable<Uint8Array>
}

/** What the front was asked, and what has ended. */
interface Seen {
  readonly requests: ExecuteRequest[]
  readonly closed: string[]
  settings: Readonly<Record<string, string>>
  cancelled: number
  messages: number
}

export async function fakeFront(script: Script, tokens: readonly string[] = []) {
  const seen: Seen = { requests: [], closed: [], settings: {}, cancelled: 0, messages: 0 }
  const grpc = createGrpcServer({ tokens })
  grpc.addService(FrontService, {
    ...sessionHandlers(seen),
    execute: streamHandler<wire.ExecuteRequest, wire.ExecuteEvent>((request, signal) =>
      execute(script, seen, decodeExecuteRequest(request), signal),
    ),
    submit: unaryHandler<wire.ExecuteRequest, wire.JobRef>(() => Promise.resolve({ jobId })),
    status: unaryHandler<wire.JobRef, wire.JobAnswer>(() =>
      Promise.resolve(encodeJobAnswer({ progress, error: undefined, result: undefined })),
    ),
    cancel: unaryHandler<wire.CancelRequest, wire.JobAnswer>(() =>
      Promise.reject(queryError('UNKNOWN_JOB', { jobId })),
    ),
    splitStatements: unaryHandler<wire.SplitRequest, wire.SplitResponse>(({ text }) =>
      Promise.resolve({ statements: split(text) }),
    ),
  })
  grpc.addService(flightService, {
    ...Object.fromEntries(Object.keys(flightService).map((name) => [name, () => undefined])),
    doGet: streamHandler<unknown, FlightData>((_, signal) => doGet(script, seen, signal)),
  })
  const listener = await openGuardedListener({ host: '127.0.0.1', port: 0 }, (socket) =>
    grpc.accept(socket),
  )
  cleanups.push(() => {
    grpc.close()
    return listener.close()
  })
  return { url: `df://127.0.0.1:${listener.port}`, seen }
}

function sessionHandlers(seen: Seen) {
  return {
    openSession: unaryHandler<wire.OpenSessionRequest, wire.SessionRef>(({ settings }) => {
      seen.settings = settings
      return Promise.resolve({ sessionId })
    }),
    closeSession: unaryHandler<wire.SessionRef, wire.Empty>((ref) => {
      seen.closed.push(ref.sessionId)
      return Promise.resolve({})
    }),
  }
}

async function* execute(
  { answer }: Script,
  seen: Seen,
  request: ExecuteRequest,
  signal: AbortSignal,
): AsyncGenerator<wire.ExecuteEvent> {
  seen.requests.push(request)
  yield encodeExecuteEvent({ kind: 'accepted', jobId })
  yield encodeExecuteEvent({ kind: 'progress', progress })
  const given = await answer(request)
  if (given === 'hang') {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    seen.cancelled += 1
    return
  }
  yield encodeExecuteEvent({ kind: 'result', result: { ...noRows, ...given } })
}

const noRows: StatementResult = {
  columns: [],
  rowCount: 0,
  data: { kind: 'none' },
  jobId,
  mode: 'whole',
  modeReason: 'small',
  stages: 1,
}

async function* doGet(
  { rows }: Script,
  seen: Seen,
  signal: AbortSignal,
): AsyncGenerator<FlightData> {
  try {
    if (rows === undefined) return
    for await (const { metadata, body } of readIpcMessages(chunkSource(rows(signal)))) {
      seen.messages += 1
      yield { header: metadata, body }
    }
  } finally {
    seen.closed.push('doGet')
  }
}

function split(text: string): wire.StatementPiece[] {
  const parts = text
    .split(';')
    .map((sql) => sql.trim())
    .filter((sql) => sql !== '')
  return parts.map((sql) => ({
    sql,
    start: text.indexOf(sql),
    kind: /^(select|with|show)/i.test(sql) ? 'query' : 'command',
  }))
}

/** A session on such a front. */
export async function session(script: Script) {
  const { url, seen } = await fakeFront(script)
  const context = await SessionContext.remote(url, { settings: { 'arbalest.distribute': 'never' } })
  cleanups.push(() => context.close())
  return { context, seen }
}

export const numbers = (first: number, count: number): Table =>
  new Table({
    n: vectorFromArray(
      Array.from({ length: count }, (_, i) => first + i),
      new Int32(),
    ),
  })
export const inline = (table: Table): StatementResult['data'] => ({
  kind: 'inline',
  ipc: tableToIPC(table, 'stream'),
})
export const ticket = { kind: 'ticket', ticket: Buffer.from('t') } as const
export const column = [{ name: 'n', type: 'INTEGER' }]
