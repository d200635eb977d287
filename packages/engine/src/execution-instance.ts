/**
 * The DuckDB that runs fragments: opened with its limits, then locked. After that no statement can
 * leave the directories it was given, load code, or change what holds for all.
 */
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { connectionSettings, limits, quoteIdentifier, quoteLiteral } from '@arbalest/common'
import type { EngineOptions } from '@arbalest/plan'
import { realPaths } from './data-directories.js'
import { Database, type Connection } from './database.js'

/**
 * Options that hold from the start.
 *
 * `preserve_insertion_order` stays on: chains of scans promise file order. It costs a partitioned
 * write nothing, which has no order to keep. DuckDB caches neither file contents nor footers: a
 * changed file must never be read through what was kept of the old one.
 */
const openOptions = (options: EngineOptions, spill: string): Readonly<Record<string, string>> => ({
  threads: String(options.threads),
  memory_limit: `${Math.max(1, Math.floor(options.memoryLimitBytes / 1024))}KiB`,
  temp_directory: spill,
  preserve_insertion_order: 'true',
  partitioned_write_max_open_files: String(limits.partitionFilesMax),
  enable_external_file_cache: 'false',
  errors_as_json: 'true',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
})

/**
 * Opens and locks an instance, whose number in its process is `number`: each spills into a directory of its own.
 * @throws QueryError when DuckDB refuses.
 */
export async function openExecutionInstance(options: EngineOptions, number = 0): Promise<Database> {
  const spill = path.join(options.workDir, 'spill', String(number))
  await mkdir(spill, { recursive: true })
  const database = await Database.open(openOptions(options, spill))
  const connection = database.connect()
  try {
    const directories = await allowedDirectories(options)
    for (const statement of lockStatements(options, directories)) await connection.execute(statement)
  } finally {
    await connection.close()
  }
  return database
}

/**
 * The directories as they were given and as they are without symbolic links: DuckDB follows links
 * before it compares. `undefined` = no fence.
 */
async function allowedDirectories(options: EngineOptions): Promise<readonly string[] | undefined> {
  if (options.dataDirs === undefined) return undefined
  const shared = options.shuffleDir === undefined ? [] : [options.shuffleDir]
  const given = [options.workDir, ...shared, ...options.dataDirs].map((directory) => path.resolve(directory))
  return [...new Set([...given, ...(await realPaths(given))])]
}

/** The order matters: each statement takes away what the ones before it needed. */
function lockStatements(
  { spillBytesMax }: EngineOptions,
  directories: readonly string[] | undefined,
): readonly string[] {
  const quoted = (names: readonly string[]) => `[${names.map(quoteLiteral).join(', ')}]`
  const fence =
    directories === undefined
      ? []
      : [
          `SET allowed_directories = ${quoted(directories)}`,
          'SET enable_external_access = false',
        ]
  // As an option of the start it would be taken and not kept to.
  const quota = spillBytesMax === undefined
    ? []
    : [`SET max_temp_directory_size = '${Math.floor(spillBytesMax / 1024)}KiB'`]
  return [
    ...quota,
    "SET GLOBAL TimeZone = 'UTC'",
    'SET GLOBAL parquet_metadata_cache = false',
    `SET allowed_configs = ${quoted([...connectionSettings, ...profilingSettings])}`,
    ...fence,
    'SET lock_configuration = true',
  ]
}

const profilingSettings = ['enable_profiling', 'custom_profiling_settings', 'profiling_coverage']

/** What an attempt's profile is asked for. */
const profileMetrics = [
  'CPU_TIME', 'SYSTEM_PEAK_BUFFER_MEMORY', 'SYSTEM_PEAK_TEMP_DIR_SIZE',
]

/** A connection for one attempt with the settings of its job; the caller closes it. */
export async function connectForAttempt(
  database: Database,
  settings: Readonly<Record<string, string>>,
): Promise<Connection> {
  const connection = database.connect()
  try {
    const metrics = JSON.stringify(Object.fromEntries(profileMetrics.map((name) => [name, 'true'])))
    const statements = [
      ...Object.entries(settings).map(([name, value]) => `SET ${quoteIdentifier(name)} = ${quoteLiteral(value)}`),
      `SET custom_profiling_settings = ${quoteLiteral(metrics)}`,
      "SET enable_profiling = 'no_output'",
      "SET profiling_coverage = 'ALL'",
    ]
    await connection.execute(statements.join(';\n'))
  } catch (error) {
    await connection.close()
    throw error
  }
  return connection
}
