/**
 * Where the catalog outlives its process: one versioned record an object, changed by compare-and-set. What
 * keeps them is behind this port; nothing in it knows what the records mean.
 */

export interface CatalogRecord {
  /** What it is: `table`, `view`, `schema`, … */
  readonly kind: string
  /** Unique among the records of its kind. */
  readonly name: string
  /** Counts the changes of this record from 1. */
  readonly version: number
  /** Anything that JSON can hold. */
  readonly value: unknown
}

export interface CatalogStore {
  /** All records, in no particular order. */
  load(): Promise<readonly CatalogRecord[]>
  /**
   * The record gets a new value, durably, if it has still the version `expected`; 0 = there is none yet. A
   * value that is `undefined` removes it. False when it has another version: nothing has been changed then.
   * @throws QueryError IO_ERROR, DISK_FULL
   */
  compareAndSet(key: Pick<CatalogRecord, 'kind' | 'name'>, expected: number, value: unknown): Promise<boolean>
  close(): Promise<void>
}
