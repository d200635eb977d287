/** What belongs to every figure: the machine, its load, the commit and the versions it was taken with. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { basename, dirname, relative } from 'node:path'
import { duckdbVersion, version } from '@arbalest/common'
import { projectDirectory } from './bench-queries.js'

export interface Circumstances {
  readonly benchmark: string
  readonly takenAt: string
  readonly commit: string
  readonly machine: string
  readonly memoryGib: number
  /** Load averages over 1, 5 and 15 minutes: above the number of CPUs others were at work. */
  readonly load: readonly number[]
  readonly versions: { readonly arbalest: string; readonly duckdb: string; readonly node: string }
  readonly options: unknown
}

interface BenchOptions {
  readonly data?: string
  readonly output: string | undefined
}

/** To be asked before the benchmark begins, so that its own load is not in the figures of the machine's. */
export function circumstances<T extends BenchOptions>(benchmark: string, options: T): Circumstances {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: projectDirectory(), encoding: 'utf8' })
  const [cpu] = cpus()
  return {
    benchmark,
    takenAt: new Date().toISOString(),
    commit: commit.trim(),
    machine: `${cpus().length} × ${cpu?.model ?? 'unknown'}`,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    load: loadavg().map((value) => Number(value.toFixed(2))),
    versions: { arbalest: version, duckdb: duckdbVersion, node: process.version },
    options: { ...options, ...place(options.data), output: undefined },
  }
}

/** Data is named from the project's folder: figures of the sample look the same wherever it lies. */
const place = (data: string | undefined): object =>
  data === undefined ? {} : { data: namedPath(data) }

/** Writes figures with their circumstances as JSON; nothing without a file name. */
export function keepFigures(output: string | undefined, taken: Circumstances, figures: object): void {
  if (output === undefined) return
  mkdirSync(dirname(output), { recursive: true })
  writeFileSync(output, `${JSON.stringify({ ...taken, ...figures }, null, 2)}\n`)
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** Within the project from its root, elsewhere the last name: where it lies on a machine says nothing. */
function namedPath(path: string): string {
  const inside = relative(projectDirectory(), path)
  return inside.startsWith('..') ? basename(path) : inside
}
