/** Runs one test file on a plain DuckDB and on a cluster side by side, and judges each record. */
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openCluster } from './cluster.js'
import { judgeRecord, plainDifference, type Verdict } from './judge-record.js'
import type { Outcome, Subject } from './outcome.js'
import { parseScript } from './parse-script.js'
import { openPlainDuckdb } from './plain-duckdb.js'
import { isMet } from './requirements.js'
import type { Directive, TestRecord } from './script.js'
import { unrollScript } from './unroll-script.js'
import { changesNoAnswer, isAboutDuckdb, isQuery, writesRandomRows } from './without-effect.js'

export interface FileOptions {
  readonly executors: number
  /** Where relative paths of the files start. */
  readonly directory: string
  readonly settings: Readonly<Record<string, string>>
  /** What files may name as `${NAME}`, and require. */
  readonly environment: Readonly<Record<string, string>>
  readonly timeLimitMs: number
}

export interface RecordResult extends Verdict {
  readonly line: number
  readonly sql: string
  readonly mode: 'whole' | 'distributed' | 'no job'
  /** Why it ran whole. */
  readonly modeReason: string
  readonly elapsedMs: number
}

export interface FileResult {
  readonly file: string
  readonly records: readonly RecordResult[]
  /** Why the file, or the rest of it, was not run; empty when it was. */
  readonly skipped: string
}

/** `onRecord` hears of each record before it runs. */
export async function runFile(
  file: string, options: FileOptions, onRecord: (line: number) => void = () => undefined,
): Promise<FileResult> {
  const scratch = await mkdtemp(join(tmpdir(), 'arbalest-sqllogic-'))
  const run = new FileRun(scratch, options)
  const records: RecordResult[] = []
  let skipped = ''
  try {
    await run.open()
    for (const step of unrollScript(parseScript(await readFile(file, 'utf8')))) {
      onRecord(step.line)
      skipped = step.kind === 'directive' ? await run.obey(step) : step.concurrent ? 'a concurrent loop' : ''
      if (skipped !== '') {
        skipped = `line ${step.line}: ${skipped}`
        break
      }
      if (step.kind !== 'directive') records.push(await run.record(step))
    }
  } catch (error) {
    skipped = error instanceof Error ? error.message : String(error)
  } finally {
    await run.close()
    await rm(scratch, { recursive: true, force: true })
  }
  return { file, records, skipped }
}

interface Side {
  readonly subject: Subject
  /** Its own: what one writes the other does not see. */
  readonly directory: string
}

class FileRun {
  readonly #scratch: string
  readonly #options: FileOptions
  readonly #variables: Map<string, string>
  #plain: Side | undefined
  #cluster: Side | undefined
  /** The database file of plain DuckDB, once the file has asked for one. */
  #database: string | undefined
  #hasRun = false
  #hasRandomRows = false
  /** The first statement of the file that the cluster refused by name. */
  #refused: string | undefined

  constructor(scratch: string, options: FileOptions) {
    this.#scratch = scratch
    this.#options = options
    this.#variables = new Map([['UUID', randomUUID()], ...Object.entries(options.environment)])
  }

  async open(): Promise<void> {
    const { timeLimitMs } = this.#options
    const directories = [join(this.#scratch, 'plain'), join(this.#scratch, 'cluster')] as const
    for (const directory of directories) await mkdir(directory, { recursive: true })
    const file = this.#database
    this.#plain = { subject: await openPlainDuckdb({ file, timeLimitMs }), directory: directories[0] }
    this.#cluster ??= { subject: await openCluster(this.#options), directory: directories[1] }
  }

  async close(): Promise<void> {
    await this.#plain?.subject.close()
    await this.#cluster?.subject.close()
  }

  /** Why the rest of the file cannot run; empty when it can. */
  async obey({ word, parameters }: Directive): Promise<string> {
    switch (word) {
      case 'require':
        return isMet(parameters) ? '' : `require ${parameters.join(' ')}`
      case 'require-env':
        return this.#variables.has(parameters[0] ?? '') ? '' : `require-env ${parameters.join(' ')}`
      case 'test-env':
        this.#variables.set(parameters[0] ?? '', parameters[1] ?? '')
        return ''
      case 'reconnect':
        await this.#plain?.subject.reconnect()
        await this.#cluster?.subject.reconnect()
        return ''
      case 'load':
        return this.#load(parameters[0] ?? '')
      case 'restart':
        return this.#restart()
      case 'set':
        if (parameters[0] !== 'seed') return ''
        for (const side of [this.#plain, this.#cluster]) await side?.subject.run(`SELECT setseed(${parameters[1]})`, '')
        return ''
      case 'sleep':
        await delay(Number(parameters[0]) * (/^s/.test(parameters[1] ?? '') ? 1000 : 1))
        return ''
      case 'hash-threshold':
      case 'reset':
      case 'tags':
        return ''
      default:
        return `${word} is not run`
    }
  }

  /** A database file of its own for plain DuckDB; the catalog of a cluster lasts anyway. */
  async #load(path: string): Promise<string> {
    if (this.#hasRun || !/TEST_DIR/.test(path)) return 'load: a database file that is there already'
    this.#database = this.#fill(path, this.#plain?.directory ?? '')
    await this.#plain?.subject.close()
    await this.open()
    return ''
  }

  async #restart(): Promise<string> {
    if (this.#database === undefined) return 'restart without a database file'
    await this.#plain?.subject.close()
    await this.#cluster?.subject.reconnect()
    await this.open()
    return ''
  }

  async record(record: TestRecord): Promise<RecordResult> {
    const startedMs = performance.now()
    const { line, sql } = record
    this.#hasRun = true
    this.#hasRandomRows ||= writesRandomRows(sql)
    const plain = await this.#run(this.#plain, record)
    const difference = plainDifference(this.#filled(record, this.#plain), plain)
    const idle: Outcome = { kind: 'rows', types: [], rows: [] }
    const cluster = changesNoAnswer(sql) ? idle : await this.#run(this.#cluster, record)
    let verdict = this.#judge(record, { plain, cluster, difference })
    if (verdict.kind === 'wrong' && (await this.#differsEachTime(record, plain))) {
      verdict = { kind: 'not-applicable', reason: 'plain DuckDB answers otherwise each time' }
    }
    const mode = (cluster.kind === 'rows' ? cluster.mode : undefined) ?? 'no job'
    const modeReason = mode === 'whole' && cluster.kind === 'rows' ? (cluster.modeReason ?? '') : ''
    return { ...verdict, line, sql, mode, modeReason, elapsedMs: Math.round(performance.now() - startedMs) }
  }

  /** Random numbers, the time, identifiers of connections. */
  async #differsEachTime(record: TestRecord, first: Outcome): Promise<boolean> {
    if (this.#hasRandomRows) return true
    const second = await this.#run(this.#plain, record)
    return JSON.stringify(first) !== JSON.stringify(second)
  }

  #judge(
    record: TestRecord,
    { plain, cluster, difference }: { plain: Outcome; cluster: Outcome; difference: string | undefined },
  ): Verdict {
    const { sql } = record
    const verdict = judgeRecord(this.#filled(record, this.#plain), plain, cluster)
    const refusedBefore = this.#refused
    // What neither accepts changes nothing for the records behind it.
    if (verdict.kind === 'refused' && plain.kind === 'rows' && !isQuery(sql)) {
      this.#refused ??= `line ${record.line}: ${verdict.reason}`
    }
    if (difference !== undefined) return { kind: 'not-applicable', reason: `plain DuckDB: ${difference}` }
    if (changesNoAnswer(sql)) return { kind: 'not-applicable', reason: 'a switch inside DuckDB' }
    if (isAboutDuckdb(sql)) return { kind: 'not-applicable', reason: 'about DuckDB itself' }
    if (verdict.kind === 'refused' || refusedBefore === undefined) return verdict
    const was = verdict.kind === 'passed' ? '' : `${verdict.kind}: ${verdict.reason}; `
    return { kind: 'dependent', reason: `${was}after ${refusedBefore}` }
  }

  #run(side: Side | undefined, record: TestRecord): Promise<Outcome> {
    if (side === undefined) throw new Error('the file is not open')
    return side.subject.run(this.#fill(record.sql, side.directory), record.connection)
  }

  #filled(record: TestRecord, side: Side | undefined): TestRecord {
    const fill = (text: string) => this.#fill(text, side?.directory ?? '')
    if (record.kind === 'statement') return { ...record, message: fill(record.message) }
    return { ...record, expected: record.expected.map(fill) }
  }

  /** Names of directories and of the environment. */
  #fill(text: string, testDirectory: string): string {
    if (!/\{|__/.test(text)) return text
    const { directory } = this.#options
    const named = [
      ...this.#variables, ['TEST_DIR', testDirectory], ['DATA_DIR', join(directory, 'data')],
      ['WORKING_DIRECTORY', directory],
    ] as const
    return named.reduce(
      (filled, [name, value]) =>
        filled.replaceAll(`\${${name}}`, value).replaceAll(`{${name}}`, value).replaceAll(`__${name}__`, value),
      text)
  }
}

