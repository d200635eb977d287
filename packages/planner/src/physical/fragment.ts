/**
 * A fragment: a piece of plan that runs without an exchange, and what is known of where its rows lie.
 */
import type { Plan } from '@arbalest/plan'

/**
 * How a fragment's rows are divided among the tasks of its stage.
 * `single`: all in one task. `replicated`: every task can have all of them. `any`: divided, by no known
 * rule. `hash`: divided by hash of key columns; each key is a set of output columns that are equal.
 */
export type Partitioning =
  | { readonly kind: 'single' }
  | { readonly kind: 'replicated' }
  | { readonly kind: 'any' }
  | { readonly kind: 'hash'; readonly keys: readonly ReadonlySet<number>[] }

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

export const isDivided = (fragment: Fragment): boolean =>
  fragment.partitioning.kind === 'any' || fragment.partitioning.kind === 'hash'

/** The partitioning after columns have moved: `outputsOf` gives the new positions of an old column. */
export function movePartitioning(
  partitioning: Partitioning,
  outputsOf: (column: number) => readonly number[],
): Partitioning {
  if (partitioning.kind !== 'hash') return partitioning
  const keys = partitioning.keys.map((key) => new Set([...key].flatMap((column) => outputsOf(column))))
  return keys.some((key) => key.size === 0) ? { kind: 'any' } : { kind: 'hash', keys }
}

/** Keeps only key columns that are in `live`; a key without any ends the property. */
export function keepLive(partitioning: Partitioning, live: readonly number[]): Partitioning {
  const wanted = new Set(live)
  return movePartitioning(partitioning, (column) => (wanted.has(column) ? [column] : []))
}

/** Whether every key is one of `columns`: rows that are equal in them lie in one task. */
export function keysWithin(partitioning: Partitioning, columns: ReadonlySet<number>): boolean {
  return (
    partitioning.kind === 'hash' &&
    partitioning.keys.every((key) => [...key].some((column) => columns.has(column)))
  )
}
