/**
 * What happened to a job as a file for those who come later: when it has ended, its records are written as JSON, one a
 * line, compressed. A wrapper around the log that adds the files and sweeps old ones.
 */
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Clock, type JobId, limits } from '@arbalest/common'
import type { JobLogRecord } from '../../core/job-log.js'
import { systemClock } from '../system-clock.js'
import type { JobLog } from './job-log-port.js'

export interface EventFileOptions {
  readonly directory: string
  /** Told what could not be written: jobs do not suffer from it. */
  readonly report: (text: string) => void
  readonly clock?: Clock
  /** `limits.eventFilesKeptMs` unless given. */
  readonly keptMs?: number
}

const suffix = '.jsonl.gz'

/** Writes `<job>.jsonl.gz` below the directory, which is made when missing, for every job that ends. */
export async function withEventFiles(log: JobLog, options: EventFileOptions): Promise<JobLog> {
  const { directory, report, clock = systemClock } = options
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const stopSweeping = sweepInTime({ ...options, clock })
  let last: Promise<void> = Promise.resolve()

  const write = (jobId: JobId): void => {
    // Now, for the log may forget the job before its turn comes.
    const records = log.recordsOf(jobId)
    last = last.then(() => writeFile(join(directory, jobId), records)).catch((error: unknown) => {
      report(`the events of job ${jobId} cannot be written: ${String(error)}`)
    })
  }

  return {
    ...log,
    async append(records) {
      await log.append(records)
      for (const record of records) if (record.kind === 'job-ended') write(record.jobId)
    },
    async close() {
      stopSweeping()
      await last
      await log.close()
    },
  }
}

/** Aside first: a file with the name is whole. */
async function writeFile(path: string, records: readonly JobLogRecord[]): Promise<void> {
  const aside = `${path}.new`
  await pipeline(Readable.from(linesOf(records)), createGzip(), createWriteStream(aside, { mode: 0o600 }))
  await rename(aside, `${path}${suffix}`)
}

function* linesOf(records: readonly JobLogRecord[]): Generator<string> {
  for (const record of records) yield `${JSON.stringify(withoutSecrets(record))}\n`
}

/** Neither the key to the job's files nor rows. */
function withoutSecrets(record: JobLogRecord): object {
  if (record.kind === 'job-submitted') {
    const { jobToken: _secret, ...rest } = record
    return rest
  }
  if (record.kind === 'job-ended') {
    return { ...record, parts: record.parts.map(({ inline: _rows, ...part }) => part) }
  }
  if (record.kind !== 'attempt-ended' || record.report === undefined) return record
  const { inline: _rows, ...report } = record.report
  return { ...record, report }
}

type Sweep = Required<Pick<EventFileOptions, 'clock' | 'directory'>> & Pick<EventFileOptions, 'keptMs'>

function sweepInTime({ directory, clock, keptMs = limits.eventFilesKeptMs }: Sweep): () => void {
  let stopTimer: () => void = () => undefined
  let stopped = false
  const sweep = async (): Promise<void> => {
    for (const name of await readdir(directory).catch(() => [])) {
      const path = join(directory, name)
      const found = await stat(path).catch(() => undefined)
      const isOurs = name.endsWith(suffix) || name.endsWith('.new')
      if (isOurs && found && clock.nowMs() - found.mtimeMs > keptMs) await rm(path, { force: true })
    }
    if (!stopped) stopTimer = clock.after(limits.eventFilesSweepMs, () => void sweep())
  }
  void sweep()
  return () => {
    stopped = true
    stopTimer()
  }
}
