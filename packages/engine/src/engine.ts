/** The engine in this process: what runs attempts and inspects files behind the port. */
import { assert, present } from '@arbalest/common'
import type { EngineOptions, EnginePort } from '@arbalest/plan'
import type { Database } from './database.js'
import { duckdb } from './duckdb-library.js'
import { DataDirectories } from './data-directories.js'
import { openExecutionInstance } from './execution-instance.js'
import { createFooterSummaries } from './footer-summary.js'
import { inspectFiles, type InspectContext } from './inspect-files.js'
import { mapLimited } from './map-limited.js'
import { FragmentRunner } from './run-fragment.js'

/** Tables that are inspected at the same time: each has many files open. */
const inspectionsAtOnce = 2

/** An engine that has not been started. All of its work runs on one DuckDB instance. */
export function createEngine(options: EngineOptions): EnginePort {
  let open: (InspectContext & { readonly runner: FragmentRunner }) | undefined
  const started = () => present(open, 'the engine is started before it is used')
  const running = new Set<Promise<unknown>>()
  const track = async <T>(work: Promise<T>): Promise<T> => {
    running.add(work)
    try {
      return await work
    } finally {
      running.delete(work)
    }
  }
  return {
    async start() {
      assert(open === undefined, 'an engine is started once')
      const database = await openExecutionInstance(options)
      const summaries = createFooterSummaries()
      const directories = await DataDirectories.of(options.dataDirs)
      open = { database, summaries, directories, runner: new FragmentRunner(database, summaries) }
      return { fingerprint: await fingerprintOf(database) }
    },
    run: (attempt) => track(started().runner.run(attempt)),
    cancel: (attemptId) => open?.runner.cancel(attemptId),
    inspect: (requests) =>
      track(mapLimited(requests, inspectionsAtOnce, (request) => inspectFiles(request, started()))),
    // An engine in this process ends only together with it.
    onCrash: () => undefined,
    async close() {
      if (open === undefined) return
      const { database, runner } = open
      runner.cancelAll()
      await Promise.allSettled(running)
      open = undefined
      await database.close()
    },
  }
}

/** What must be the same wherever hashes, sort keys or encoded values of a job meet. */
async function fingerprintOf(database: Database): Promise<string> {
  const connection = database.connect()
  try {
    const rows = await connection.textRows(
      "SELECT hash(1::BIGINT, 'a', DATE '2020-02-29', 1.5::DOUBLE, 7::HUGEINT)::VARCHAR",
    )
    return `duckdb-${duckdb.version()}-${process.arch}-${rows[0]?.[0] ?? ''}`
  } finally {
    await connection.close()
  }
}
