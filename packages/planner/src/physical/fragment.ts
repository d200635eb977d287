/**
 * A fragment: a piece of plan that runs without an exchange, and what is known of where its rows lie.
 */
import type { Plan } from '@arbalest/plan'

/**
 * How a fragment's rows are divided among the tasks of its stage.
 * `single`: all in one task. `replicated`: every task can have all of them. `any`: divided, by no known
 * rule. `hash`: divided by hash of key columns; each key is a set of output columns that are equal. `aligned`:
 * divided by the values of one such key at borders, task n below the n-th border. `range`: the tasks have
 * ascending ranges of the keys, rows with equal keys in one of them.
 */
export type Partitioning =
  | { readonly kind: 'single' }
  | { readonly kind: 'replicated' }
  | { readonly kind: 'any' }
  | { readonly kind: 'hash'; readonly keys: readonly ReadonlySet<number>[] }
  | { readonly kind: 'aligned'; readonly keys: readonly ReadonlySet<number>[]; readonly borders: Borders }
  | { readonly kind: 'range'; readonly keys: readonly RangeColumn[] }

/** Ascending; whole numbers, or days since 1970 for dates. Compared by identity: one list for all that lie alike. */
export type Borders = readonly number[]

/** A key of an order: columns that are equal, and where their values lie. */
export interface RangeColumn {
  readonly columns: ReadonlySet<number>
  readonly descending: boolean
  readonly nullsFirst: boolean
}

export interface Fragment {
  readonly plan: Plan
  readonly partitioning: Partitioning
  /** Rows over all tasks: measured when the fragment reads a finished stage, else estimated. */
  readonly rows: number
  /** Rows if nothing had been filtered: `rows / domainRows` is the share that is left. */
  readonly domainRows: number
  /** Bytes of the files it reads, where it reads nothing but what one stage has written. */
  readonly writtenBytes?: number
}

/** A fragment, or word that a stage must finish first. */
export type Distributed = Fragment | 'pending'

export const isDivided = ({ partitioning: { kind } }: Fragment): boolean =>
  kind === 'any' || kind === 'hash' || kind === 'aligned' || kind === 'range'

/** The partitioning after columns have moved: `outputsOf` gives the new positions of an old column. */
export function movePartitioning(
  partitioning: Partitioning,
  outputsOf: (column: number) => readonly number[],
): Partitioning {
  const moved = (columns: ReadonlySet<number>) => new Set([...columns].flatMap((column) => outputsOf(column)))
  if (partitioning.kind === 'range') {
    const keys = partitioning.keys.map((key) => ({ ...key, columns: moved(key.columns) }))
    return keys.some(({ columns }) => columns.size === 0) ? { kind: 'any' } : { kind: 'range', keys }
  }
  if (partitioning.kind !== 'hash' && partitioning.kind !== 'aligned') return partitioning
  const keys = partitioning.keys.map(moved)
  return keys.some((key) => key.size === 0) ? { kind: 'any' } : { ...partitioning, keys }
}

/** Keeps only key columns that are in `live`; a key without any ends the property. */
export function keepLive(partitioning: Partitioning, live: readonly number[]): Partitioning {
  const wanted = new Set(live)
  return movePartitioning(partitioning, (column) => (wanted.has(column) ? [column] : []))
}

/** Whether every key is one of `columns`: rows that are equal in them lie in one task. */
export function keysWithin(partitioning: Partitioning, columns: ReadonlySet<number>): boolean {
  const isAmong = (key: ReadonlySet<number>) => [...key].some((column) => columns.has(column))
  if (partitioning.kind === 'range') return partitioning.keys.every((key) => isAmong(key.columns))
  return (partitioning.kind === 'hash' || partitioning.kind === 'aligned') && partitioning.keys.every(isAmong)
}
