/** The engine in this process: what runs attempts and inspects files behind the port. */
import { assert, present } from '@arbalest/common'
import type { EngineOptions, EnginePort } from '@arbalest/plan'
import type { Database } from './database.js'
import { duckdb } from './duckdb-library.js'
import { EngineInstance } from './engine-instance.js'
import { createFooterSummaries } from './footer-summary.js'
import { inspectFiles } from './inspect-files.js'
import { mapLimited } from './map-limited.js'

/** Tables that are inspected at the same time: each has many files open. */
const inspectionsAtOnce = 2

/**
 * An engine that has not been started. All of its work runs on one DuckDB instance; after a bug of DuckDB's, for
 * which its statement fails, on a new one, beside which the old one ends with what still runs on it.
 */
export function createEngine(options: EngineOptions): EnginePort {
  let current: EngineInstance | undefined
  let renewal: Promise<EngineInstance> | undefined
  let opened = 0
  const instances = new Set<EngineInstance>()
  const summaries = createFooterSummaries()
  const open = async (): Promise<EngineInstance> => {
    const instance = await EngineInstance.open(options, summaries, opened++)
    instances.add(instance)
    current = instance
    return instance
  }
  const renew = async (broken: EngineInstance): Promise<EngineInstance> => {
    const instance = await open()
    void broken.end().then(() => instances.delete(broken))
    return instance
  }
  const use = async <T>(work: (instance: EngineInstance) => Promise<T>): Promise<T> => {
    const instance = present(current, 'the engine is started before it is used')
    if (!instance.database.isBroken) return instance.use(work)
    renewal ??= renew(instance).finally(() => (renewal = undefined))
    return (await renewal).use(work)
  }
  return {
    async start() {
      assert(current === undefined, 'an engine is started once')
      const { database } = await open()
      return { fingerprint: await fingerprintOf(database) }
    },
    run: (attempt) => use(({ runner }) => runner.run(attempt)),
    cancel(attemptId) {
      for (const { runner } of instances) runner.cancel(attemptId)
    },
    inspect: (requests) => use(({ inspection }) =>
      mapLimited(requests, inspectionsAtOnce, (request) => inspectFiles(request, inspection))),
    // An engine in this process ends only together with it.
    onCrash: () => undefined,
    async close() {
      await renewal?.catch(() => undefined)
      current = undefined
      for (const { runner } of instances) runner.cancelAll()
      await Promise.all([...instances].map((instance) => instance.end()))
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
