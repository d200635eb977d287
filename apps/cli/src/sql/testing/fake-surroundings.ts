/** The world around `arbalest sql` by hand: streams that keep what is written, a clock that stands. */
import { PassThrough, Readable } from 'node:stream'
import type { SqlOptions, SqlSurroundings } from '../run-sql.js'
import type { SqlSession } from '../sql-session.js'

export interface FakeSurroundings extends SqlSurroundings {
  readonly out: () => string
  readonly err: () => string
  readonly exited: number[]
  /** As Ctrl-C does. */
  interrupt(): void
}

export function fakeSurroundings(session: SqlSession, options: FakeOptions = {}): FakeSurroundings {
  const { stdin = '', terminal = false, stdout = new PassThrough() } = options
  const stderr = new PassThrough()
  const input = typeof stdin === 'string' ? Readable.from([stdin]) : stdin
  let interrupt = (): void => undefined
  const exited: number[] = []
  return {
    stdin: Object.assign(input, { isTTY: terminal }),
    stdout: asTerminal(stdout, terminal),
    stderr: asTerminal(stderr, terminal),
    version: '0.0.0',
    openSession: async () => session,
    openHistory: () => ({ lines: [], add: () => undefined }),
    nowMs: () => 0,
    onInterrupt(callback) {
      interrupt = callback
      return () => undefined
    },
    exit: (status) => void exited.push(status),
    out: () => written(stdout),
    err: () => written(stderr),
    exited,
    interrupt: () => interrupt(),
  }
}

interface FakeOptions {
  readonly stdin?: string | PassThrough
  readonly terminal?: boolean
  readonly stdout?: PassThrough
}

const asTerminal = (stream: PassThrough, isTTY: boolean): NodeJS.WriteStream =>
  Object.assign(stream, { isTTY, columns: 80 }) as unknown as NodeJS.WriteStream

const texts = new WeakMap<PassThrough, string>()

/** All that was written so far. */
function written(stream: PassThrough): string {
  const text = (texts.get(stream) ?? '') + String(stream.read() ?? '')
  texts.set(stream, text)
  return text
}

export const sqlOptions = (options: Partial<SqlOptions> = {}): SqlOptions => ({
  sources: [],
  cluster: { kind: 'in-process', executors: 1 },
  settings: {},
  format: 'table',
  report: false,
  output: undefined,
  keepGoing: false,
  quiet: false,
  maxRows: undefined,
  ...options,
})
