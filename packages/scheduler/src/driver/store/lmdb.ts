/**
 * The job log in an LMDB file: an append is one transaction of all that the scheduler does in one turn of its
 * loop, brought to the disk before it resolves. Key: number of the job, number of the append; 0 stands for
 * the executors, of which only the last announcement is kept.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, type JobId, QueryError, queryError } from '@arbalest/common'
import { lockDirectory } from '@arbalest/protocol'
import type { RootDatabase } from 'lmdb'
import { type JobLogRecord, jobLogVersion, jobOfRecord } from '../../core/job-log.js'
import { systemClock } from '../system-clock.js'
import { checkFile, refuseNetworkDisk } from './check-file.js'
import { countStarts } from './count-starts.js'
import { decodeRecords, encodeRecords } from './encode-records.js'
import { groupCommits, writeError } from './group-commits.js'
import type { JobLog } from './job-log-port.js'
import { watchSpace } from './watch-space.js'

export interface LmdbLogOptions {
  readonly directory: string
  readonly clock?: Clock
  /** Free bytes of the disk below which no further jobs are taken; `limits.stateFreeBytesMin` unless given. */
  readonly freeBytesMin?: number
}

type LogKey = [job: number, append: number | string]
type LogFile = RootDatabase<Buffer, LogKey>

/** In place of a job's number. */
const executors = 0
const starts = -1

/**
 * Takes the directory, which is made when missing.
 * @throws QueryError INVALID_OPTION when another process has it, it lies on a network disk, or a later version
 * has written it; STATE_DAMAGED
 */
export async function openLmdbLog(options: LmdbLogOptions): Promise<JobLog> {
  const { directory, clock = systemClock } = options
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await refuseNetworkDisk(directory)
  const lock = await lockDirectory(directory)
  try {
    const path = join(directory, 'jobs.mdb')
    await checkFile(path)
    const attempts = await countStarts(directory, path)
    const file = await openFile(path, () => attempts.forget())
    const space = await watchSpace({ ...options, clock, usedBytes: () => bytesOf(file) })
    const log = logOf(file, path, { refusal: () => space.refusal(), onRead: () => attempts.forget() })
    return {
      ...log,
      async close() {
        space.stop()
        await log.close()
        await lock.release()
      },
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function openFile(path: string, onFailure: () => void): Promise<LogFile> {
  const { open } = await import('lmdb')
  try {
    return open({ path, noSubdir: true, encoding: 'binary', overlappingSync: false })
  } catch (cause) {
    onFailure()
    const error = writeError(cause, path)
    throw error.code === 'DISK_FULL' ? error : damaged(path, cause)
  }
}

function damaged(path: string, cause: unknown): QueryError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return queryError('STATE_DAMAGED', { path, reason }, { cause })
}

interface LogHooks {
  readonly refusal: () => QueryError | undefined
  /** The process has survived reading the file. */
  readonly onRead: () => void
}

function logOf(file: LogFile, path: string, { refusal, onRead }: LogHooks): JobLog {
  const numbers = new Map<JobId, number>()
  let lastAppend = 0

  const write = (records: readonly JobLogRecord[]): void => {
    const byJob = new Map<JobId, JobLogRecord[]>()
    file.transactionSync(() => {
      for (const record of records) {
        const jobId = jobOfRecord(record)
        if (jobId === undefined) writeExecutor(record)
        else if (byJob.get(jobId)?.push(record) === undefined) byJob.set(jobId, [record])
      }
      for (const [jobId, ofJob] of byJob) {
        lastAppend += 1
        if (ofJob[0]?.kind === 'job-submitted') numbers.set(jobId, lastAppend)
        const number = numbers.get(jobId)
        // Of a job that is forgotten by now nobody will ask.
        if (number !== undefined) void file.put([number, lastAppend], encodeRecords(ofJob))
      }
    })
  }

  const writeExecutor = (record: JobLogRecord): void => {
    if (record.kind === 'executor-joined') {
      void file.put([executors, record.announcement.executorId], encodeRecords([record]))
    } else if (record.kind === 'executor-left') void file.remove([executors, record.executorId])
  }
  const commits = groupCommits<readonly JobLogRecord[]>((groups) => write(groups.flat()), path)

  /** Pages that are spoilt may show only now. */
  const tryWrite = (): void => {
    try {
      file.transactionSync(() => void file.put([starts, 0], Buffer.alloc(0)))
    } catch (cause) {
      throw writeError(cause, path)
    }
  }

  const keysOf = (number: number) => ({ start: [number] as unknown as LogKey, end: [number + 1] as unknown as LogKey })
  return {
    *kept() {
      try {
        let entries = 0
        for (const { key: [number, append], value } of file.getRange()) {
          entries += 1
          if (number < executors) continue
          const records = decodeRecords(value)
          const [first] = records
          if (first !== undefined && first.version > jobLogVersion) throw laterVersion(path, first.version)
          if (first?.kind === 'job-submitted') numbers.set(first.jobId, number)
          if (typeof append === 'number') lastAppend = Math.max(lastAppend, append)
          yield* records
        }
        if (entries !== entriesOf(file)) throw new Error(`it has ${entries} of ${entriesOf(file)} entries`)
      } catch (cause) {
        throw cause instanceof QueryError ? cause : damaged(path, cause)
      } finally {
        tryWrite()
        onRead()
      }
    },
    append: (records) => commits.add(records),
    recordsOf(jobId) {
      const number = numbers.get(jobId)
      if (number === undefined) return []
      return [...file.getRange(keysOf(number))].flatMap(({ value }) => decodeRecords(value))
    },
    forget(jobId) {
      const number = numbers.get(jobId)
      if (number === undefined) return
      numbers.delete(jobId)
      file.transactionSync(() => {
        for (const key of [...file.getKeys(keysOf(number))]) void file.remove(key)
      })
    },
    // The lock of the directory lasts as long as the process.
    heldUntilMs: () => Infinity,
    refusal,
    async close() {
      await commits.settled()
      await file.close()
    },
  }
}

function laterVersion(path: string, theirs: number): QueryError {
  const versions = `records of version ${theirs}, this one reads ${jobLogVersion}`
  const reason = `${path} was written by a later version (${versions})`
  return queryError('INVALID_OPTION', { option: '--state-dir', reason })
}

const entriesOf = (file: LogFile): number => (file.getStats() as { readonly entryCount: number }).entryCount

function bytesOf(file: LogFile): number {
  const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = file.getStats() as Record<
    'pageSize' | 'treeBranchPageCount' | 'treeLeafPageCount' | 'overflowPages', number
  >
  return (treeBranchPageCount + treeLeafPageCount + overflowPages) * pageSize
}
