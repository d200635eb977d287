/** `arbalest sql`: opens a session, runs what it is given, and says how it went. */
import { queryError } from '@arbalest/common'
import { formattedResults } from './formatted-results.js'
import { chooseFormat, type FormatName } from './formats/choose-format.js'
import type { FormatOptions } from './formats/result-format.js'
import { clusterName, type ClusterChoice, type SessionRequest } from './open-session.js'
import { openFileOutput, OutputGone, streamOutput, type Output } from './output.js'
import { startProgress } from './progress-line.js'
import { runPrompt } from './prompt.js'
import type { PromptHistory } from './prompt-history.js'
import type { SqlSession } from './sql-session.js'
import { readAll, readSources, type SqlSource } from './sql-source.js'
import { statementReport } from './statement-report.js'
import { createStatementRunner, type StatementRunner } from './statement-runner.js'
import type { StatementSink } from './statement-sink.js'

export interface SqlOptions {
  /** Empty for standard input, or the prompt where that is a terminal. */
  readonly sources: readonly SqlSource[]
  readonly cluster: ClusterChoice
  readonly settings: Readonly<Record<string, string>>
  readonly format: FormatName
  readonly report: boolean
  /** A file instead of standard output. */
  readonly output: string | undefined
  readonly keepGoing: boolean
  readonly quiet: boolean
  /** Rows of a table; `undefined` for what suits the output. */
  readonly maxRows: number | undefined
}

/** The world around the command. */
export interface SqlSurroundings {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly version: string
  readonly openSession: (request: SessionRequest) => Promise<SqlSession>
  readonly openHistory: () => PromptHistory
  readonly nowMs: () => number
  /** Calls back at Ctrl-C and the like; returns how to stop that. */
  readonly onInterrupt: (callback: () => void) => () => void
  /** Ends the process at once. */
  readonly exit: (status: number) => void
}

/** Rows of a table on a terminal, and elsewhere, unless `--max-rows` says something else. */
const terminalRowsMax = 40
const tableRowsMax = 10_000
const exitStatus = { succeeded: 0, failed: 1, interrupted: 130 } as const

/** The exit status. @throws QueryError INVALID_OPTION and what keeps the session from being opened */
export async function runSql(options: SqlOptions, around: SqlSurroundings): Promise<number> {
  const { cluster, settings } = options
  const makeSink = sinkMaker(options, around)
  const asks = options.sources.length === 0 && around.stdin.isTTY === true
  const texts = readSources(options.sources)
  // Errors that nobody reads any more are no reason to break off.
  around.stderr.on('error', () => undefined)
  const output = options.output === undefined ? streamOutput(around.stdout) : openFileOutput(options.output)
  try {
    const session = await around.openSession({ cluster, settings })
    try {
      const runner = createStatementRunner({
        session,
        sink: makeSink(output),
        keepGoing: options.keepGoing,
        outputGone: output.gone,
        startProgress: () => startProgress(around.stderr, around.nowMs),
        nowMs: around.nowMs,
      })
      if (asks) return await ask(runner, options, around)
      return await runTexts(runner, texts.length > 0 ? texts : [await readAll(around.stdin)], options, around)
    } finally {
      await session.close()
    }
  } catch (thrown) {
    // `| head` has seen enough.
    if (thrown instanceof OutputGone) return exitStatus.succeeded
    throw thrown
  } finally {
    await closeQuietly(output)
  }
}

async function runTexts(
  runner: StatementRunner,
  texts: readonly string[],
  { keepGoing }: SqlOptions,
  { onInterrupt, exit }: SqlSurroundings,
): Promise<number> {
  const stop = onInterrupt(() => {
    if (!runner.interrupt()) exit(exitStatus.interrupted)
  })
  try {
    let status: number = exitStatus.succeeded
    for (const text of texts) {
      const outcome = await runner.runText(text)
      if (outcome !== 'succeeded') status = exitStatus[outcome]
      if (outcome === 'interrupted' || (outcome === 'failed' && !keepGoing)) return status
    }
    return status
  } finally {
    stop()
  }
}

async function ask(
  runner: StatementRunner,
  { cluster, quiet }: SqlOptions,
  { stdin, stdout, stderr, version, openHistory, exit }: SqlSurroundings,
): Promise<number> {
  const banner = `Arbalest ${version} · ${clusterName(cluster)} · \\? help, \\q quit\n`
  const how = await runPrompt({
    input: stdin,
    output: stdout.isTTY ? stdout : stderr,
    terminal: true,
    runner,
    history: openHistory(),
    banner: quiet ? '' : banner,
  })
  if (how === 'abandoned') exit(exitStatus.interrupted)
  return how === 'ended' ? exitStatus.succeeded : exitStatus.interrupted
}

/** Checks the format before anything is opened. */
function sinkMaker(
  options: SqlOptions,
  { stdout, stderr }: SqlSurroundings,
): (output: Output) => StatementSink {
  const { format, report, quiet } = options
  if (report) return statementReport
  const onTerminal = options.output === undefined && stdout.isTTY
  if (format === 'parquet') {
    const instead = '--format arrow keeps all types too'
    throw queryError('NOT_IN_THIS_VERSION', { what: '--format parquet', instead })
  }
  if (format === 'arrow' && onTerminal) {
    const reason = 'it is not for terminals; give --output FILE'
    throw queryError('INVALID_OPTION', { option: '--format arrow', reason })
  }
  const formatOptions: FormatOptions = {
    tableRowsMax: options.maxRows ?? (onTerminal ? terminalRowsMax : tableRowsMax),
    // Some terminals say that they have no columns at all.
    widthMax: onTerminal && stdout.columns > 0 ? stdout.columns : undefined,
    quiet,
  }
  return (output) =>
    formattedResults({
      format: chooseFormat(format, formatOptions),
      output,
      acknowledges: format === 'table' && !quiet,
      writeError: (text) => void stderr.write(text),
    })
}

/** The output may have failed before, which was said then. */
async function closeQuietly(output: Output): Promise<void> {
  await output.close().catch((thrown: unknown) => {
    if (!output.gone.aborted) throw thrown
  })
}
