/** A DuckDB instance and what runs on it: it ends when nothing does any more. */
import type { EngineOptions } from '@arbalest/plan'
import { DataDirectories } from './data-directories.js'
import type { Database } from './database.js'
import { openExecutionInstance } from './execution-instance.js'
import type { FooterSummaries } from './footer-summary.js'
import type { InspectContext } from './inspect-files.js'
import { FragmentRunner } from './run-fragment.js'

export class EngineInstance {
  readonly database: Database
  readonly runner: FragmentRunner
  readonly inspection: InspectContext
  readonly #running = new Set<Promise<unknown>>()
  #ended: Promise<void> | undefined

  private constructor(inspection: InspectContext) {
    this.database = inspection.database
    this.inspection = inspection
    this.runner = new FragmentRunner(inspection.database, inspection.summaries)
  }

  /** `number` tells it from others of the same work directory. @throws QueryError when DuckDB does not open */
  static async open(options: EngineOptions, summaries: FooterSummaries, number: number): Promise<EngineInstance> {
    const directories = await DataDirectories.of(options.dataDirs)
    const database = await openExecutionInstance(options, number)
    return new EngineInstance({ database, summaries, directories })
  }

  /** Work that the end waits for. */
  async use<T>(work: (instance: this) => Promise<T>): Promise<T> {
    const call = work(this)
    this.#running.add(call)
    try {
      return await call
    } finally {
      this.#running.delete(call)
    }
  }

  /** Takes no more work; closes DuckDB when what runs has ended. */
  end(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #end(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
    await this.database.close()
  }
}
