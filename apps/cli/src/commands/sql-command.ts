/** `arbalest sql`: statements from flags, files, standard input or a prompt. */
import { InvalidArgumentError, type Command } from 'commander'
import { queryError, version } from '@arbalest/common'
import { addOptions, portNumber, wholeNumber, type OptionSpec } from '../options/command-options.js'
import { clientTlsOptions } from '../options/client-tls-options.js'
import { readSecurity, tokenOption, type SecurityFlags } from '../options/security-options.js'
import { chooseCluster, openSqlSession, type ClusterFlags } from '../sql/open-session.js'
import { historyPath, openHistory } from '../sql/prompt-history.js'
import { formatNames, type FormatName } from '../sql/formats/choose-format.js'
import { runSql, type SqlOptions } from '../sql/run-sql.js'
import type { SqlSource } from '../sql/sql-source.js'

/** A text or file with its place among all of them on the command line. */
interface PlacedSource {
  readonly place: number
  readonly source: SqlSource
}

interface SqlFlags extends ClusterFlags, SecurityFlags {
  readonly command?: readonly PlacedSource[]
  readonly file?: readonly PlacedSource[]
  readonly set?: readonly Setting[]
  readonly format?: FormatName
  readonly output?: string
  readonly report?: boolean
  readonly keepGoing?: boolean
  readonly quiet?: boolean
  readonly maxRows?: number
}

type Setting = readonly [key: string, value: string]

export function addSqlCommand(program: Command): void {
  const command = program.command('sql').description('run statements, or ask for them at a prompt')
  addOptions(command, 'sql', sqlOptions())
  command.action(async (flags: SqlFlags) => {
    process.exitCode = await runSql(readSqlFlags(flags), {
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      version,
      openSession: openSqlSession,
      openHistory: () => openHistory(historyPath(process.env)),
      nowMs: () => performance.now(),
      onInterrupt,
      exit: (status) => process.exit(status),
    })
  })
}

function sqlOptions(): readonly OptionSpec[] {
  let place = 0
  const placed = (source: SqlSource): PlacedSource => ({ place: place++, source })
  return [
    {
      flags: '-c, --command <sql>',
      help: 'statements to run; may be repeated',
      parse: repeated((text) => placed({ kind: 'text', text })),
    },
    {
      flags: '-f, --file <file>',
      help: 'file of statements to run; may be repeated',
      parse: repeated((path) => placed({ kind: 'file', path })),
    },
    { flags: '--url <url>', help: 'cluster, as df://host:50050 or df+tls://host:50050' },
    { flags: '--host <host>', help: 'its host, instead of --url' },
    { flags: '--port <port>', help: 'its port (default: 50050)', parse: portNumber },
    {
      flags: '--executors <n>',
      help: 'executors of the cluster in this process, where no other is named (default: 1)',
      parse: wholeNumber(1, 64),
    },
    {
      flags: '--set <key=value>',
      help: 'setting of the session; may be repeated',
      parse: repeated(setting),
    },
    { flags: '--format <format>', help: 'format of rows (default: table)', choices: formatNames },
    { flags: '-o, --output <file>', help: 'file for the rows instead of standard output' },
    {
      flags: '--max-rows <n>',
      help: 'rows of a table (default: 40 on terminals, else 10000)',
      parse: wholeNumber(0, 100_000),
    },
    { flags: '--report', help: 'one JSON object a statement instead of rows' },
    { flags: '--keep-going', help: 'go on after a statement that failed' },
    { flags: '-q, --quiet', help: 'rows alone: no banner, no counts' },
    tokenOption,
    ...clientTlsOptions,
  ]
}

/** Each use of the flag adds a value. */
const repeated = <T>(parse: (text: string) => T) => (text: string, before?: unknown): readonly T[] => [
  ...(Array.isArray(before) ? (before as readonly T[]) : []),
  parse(text),
]

function setting(text: string): Setting {
  const equals = text.indexOf('=')
  if (equals < 1) throw new InvalidArgumentError('it is a key and a value: --set arbalest.distribute=always')
  return [text.slice(0, equals).trim(), text.slice(equals + 1).trim()]
}

/** @throws QueryError INVALID_OPTION */
export function readSqlFlags(flags: SqlFlags): SqlOptions {
  if (flags.report === true && flags.format !== undefined) {
    const reason = 'it is a format of its own; leave out --format'
    throw queryError('INVALID_OPTION', { option: '--report', reason })
  }
  const { tokens, clientTls } = readSecurity(flags)
  const sources = [...(flags.command ?? []), ...(flags.file ?? [])].toSorted((a, b) => a.place - b.place)
  return {
    sources: sources.map(({ source }) => source),
    cluster: chooseCluster(flags, { token: tokens[0], tls: clientTls }),
    settings: Object.fromEntries(flags.set ?? []),
    format: flags.format ?? 'table',
    report: flags.report === true,
    output: flags.output,
    keepGoing: flags.keepGoing === true,
    quiet: flags.quiet === true,
    maxRows: flags.maxRows,
  }
}

function onInterrupt(callback: () => void): () => void {
  process.on('SIGINT', callback).on('SIGTERM', callback)
  return () => process.off('SIGINT', callback).off('SIGTERM', callback)
}
