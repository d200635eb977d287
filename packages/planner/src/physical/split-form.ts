/** What the two-phase form of an aggregate consists of. */
import type { AggregateCall, Expr } from '@arbalest/plan'

/** Partial columns, and the merge over them; `column(i)` is the column of the i-th partial. */
export interface SplitAggregate {
  readonly partials: readonly AggregateCall[]
  merge(column: (partial: number) => Expr): Expr
}
