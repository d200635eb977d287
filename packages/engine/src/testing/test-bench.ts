/** For tests: an engine in a temporary directory, files for it to read, and attempts for it to run. */
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { attemptId, parseDataType, parseJobId, parseStageId, type AttemptId, type Column } from '@arbalest/common'
import type { EngineAttempt, EngineOptions, EnginePort, FileIdentity } from '@arbalest/plan'
import { Database, type TextRow } from '../database.js'
import { createEngine } from '../engine.js'
import { readFooter } from '../footer-cache.js'

export interface TestBench {
  readonly directory: string
  readonly dataDirectory: string
  readonly engine: EnginePort
  /** A DuckDB without limits beside the engine, for making and reading files. */
  readonly oracle: (sql: string) => Promise<readonly TextRow[]>
  readonly attempt: (parts: Partial<EngineAttempt> & { readonly sql: string }) => Promise<EngineAttempt>
  readonly close: () => Promise<void>
}

export async function openTestBench(options: Partial<EngineOptions> = {}): Promise<TestBench> {
  const directory = await mkdtemp(path.join(tmpdir(), 'arbalest-engine-'))
  const workDir = path.join(directory, 'work')
  const dataDirectory = path.join(directory, 'data')
  await mkdir(workDir)
  await mkdir(dataDirectory)
  const engine = createEngine({
    threads: 2, memoryLimitBytes: 512 * 1024 * 1024, workDir, dataDirs: [dataDirectory], ...options,
  })
  await engine.start()
  const database = await Database.open({ threads: '2', errors_as_json: 'true' })
  const connection = database.connect()
  await connection.execute("SET TimeZone = 'UTC'")
  let attempts = 0
  return {
    directory,
    dataDirectory,
    engine,
    oracle: (sql) =>
      /^\s*(SELECT|FROM|WITH)/i.test(sql)
        ? connection.textRows(`SELECT COLUMNS(*)::VARCHAR FROM (${sql})`)
        : connection.execute(sql).then(() => []),
    async attempt(parts) {
      const id = testAttemptId(++attempts)
      const attemptDirectory = path.join(workDir, String(attempts))
      await mkdir(attemptDirectory)
      return {
        attemptId: id, inputs: [], slice: [], output: { kind: 'single' }, columns: [], settings: {},
        compression: 'none', checksum: false, directory: attemptDirectory, ...parts,
      }
    },
    async close() {
      await engine.close()
      await connection.close()
      await database.close()
      await rm(directory, { recursive: true })
    },
  }
}

const testAttemptId = (attempt: number): AttemptId =>
  attemptId({ jobId: parseJobId('jaaaaaaaaaaaaaaaa'), stageId: parseStageId(1), task: 0, attempt })

/** Columns from names and type texts. */
export const columnsOf = (types: Readonly<Record<string, string>>): readonly Column[] =>
  Object.entries(types).map(([name, type]) => ({ name, type: parseDataType(type) }))

/** The identity of a file as it is now. */
export async function identityOf(file: string): Promise<FileIdentity> {
  const found = await stat(file, { bigint: true })
  const parquet = file.endsWith('.parquet')
  return {
    path: file,
    sizeBytes: Number(found.size),
    mtimeNs: String(found.mtimeNs),
    footerHash: parquet ? (await readFooter(file, Number(found.size))).hash : '',
  }
}
