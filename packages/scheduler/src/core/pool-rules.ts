/** What a pool, a group of jobs, may have of the slots. */

/** The share of a group of jobs in the slots of the cluster. */
export interface PoolRules {
  /** Slots of busy pools are as their weights; above 0. */
  readonly weight: number
  /** Slots that its jobs use at most together. */
  readonly slotsMax: number | undefined
}

/** The pool of jobs that name none. */
export const defaultPool = 'default'
