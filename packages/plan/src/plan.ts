/**
 * The operators of a query: what to compute. Every operator has a number of output columns with their
 * types; column i of any operator is called `c<i>` in SQL, whatever it is computed from.
 *
 * Columns are never renumbered. Which of them are wanted is in `live`: an operator renders only those,
 * so that pruning is a change of one field and never of an index.
 */
import type { Column, DataType, StageId } from '@arbalest/common'
import type { AggregateCall, ComparisonOperator, Constant, Expr, SortOrder, WindowCall } from './expr.js'

interface OperatorBase {
  /** Unique in its plan; names the operator in EXPLAIN and in the keys of exchanges. */
  readonly id: number
  /** Types of all output columns. */
  readonly types: readonly DataType[]
  /** Positions of the output columns that are wanted, ascending. */
  readonly live: readonly number[]
}

/** A column of a scan: a column of the table, or one whose value is never looked at (`count(*)`). */
export type ScanColumn =
  | { readonly kind: 'table'; readonly index: number }
  | { readonly kind: 'constant-true' }

/** Reads a table. `predicate` refers to positions in `table columns`, not to outputs. */
export interface Scan extends OperatorBase {
  readonly kind: 'scan'
  readonly source: string
  readonly table: string
  readonly tableColumns: readonly Column[]
  readonly columns: readonly ScanColumn[]
  readonly predicate: Expr | undefined
  /** In a fragment: the values by which the tasks share the rows; without it files are cut anywhere. */
  readonly division?: ValueDivision
  /** In a fragment: whether the tasks share the files by their buckets, each those of its partitions. */
  readonly isByBucket?: boolean
}
/** Task n takes the rows whose value of a table column is at least `borders[n - 1]` and below `borders[n]`. */
export interface ValueDivision {
  /** Position in the table's columns. */
  readonly column: number
  /** Ascending, one less than there are tasks: whole numbers, or days since 1970 for dates. */
  readonly borders: readonly number[]
}
export interface Values extends OperatorBase {
  readonly kind: 'values'
  /** Expressions without columns; no rows = an empty relation. */
  readonly rows: readonly (readonly Expr[])[]
}
export interface Project extends OperatorBase {
  readonly kind: 'project'
  readonly input: Plan
  readonly exprs: readonly Expr[]
}
/** Keeps rows for which all predicates are true. Output columns are the input's. */
export interface Filter extends OperatorBase {
  readonly kind: 'filter'
  readonly input: Plan
  readonly predicates: readonly Expr[]
}
/** Output: groups, then aggregates, then grouping functions. `groupingSets` hold positions in `groups`. */
export interface Aggregate extends OperatorBase {
  readonly kind: 'aggregate'
  readonly input: Plan
  readonly groups: readonly Expr[]
  /** `undefined` = one set of all groups. */
  readonly groupingSets: readonly (readonly number[])[] | undefined
  readonly aggregates: readonly AggregateCall[]
  readonly groupingFunctions: readonly (readonly number[])[]
}
export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti' | 'mark' | 'single'
/** `left` refers to columns of the left input, `right` to columns of the right one, each from 0. */
export interface JoinCondition {
  readonly left: Expr
  readonly right: Expr
  readonly operator: ComparisonOperator
}
/**
 * Output: left columns, then right ones; only left ones for semi and anti; left and one BOOLEAN for
 * mark (`x IN (…)`, with its NULLs). `single` is a left join whose right side has at most one match.
 * `isAsof`: of the right rows that fulfil the conditions, among them one inequality, only the nearest one
 * by it is the match.
 * `delim`: the distinct values of `keys` over the source side are what `DelimScan`s of that id, inside
 * the other side, read: a decorrelated subquery.
 */
export interface Join extends OperatorBase {
  readonly kind: 'join'
  readonly joinType: JoinType
  readonly left: Plan
  readonly right: Plan
  readonly conditions: readonly JoinCondition[]
  /** Further conditions over both sides' columns: left ones first. */
  readonly residual: readonly Expr[]
  readonly isAsof?: boolean
  readonly delim:
    | { readonly delimId: number; readonly keys: readonly Expr[]; readonly source: 'left' | 'right' }
    | undefined
  /** In a fragment: whether the left side is known to have fewer rows, so that its rows should be hashed. */
  readonly hashesLeft?: boolean
}
export interface DelimScan extends OperatorBase { readonly kind: 'delim-scan'; readonly delimId: number }
export interface Sort extends OperatorBase {
  readonly kind: 'sort'
  readonly input: Plan
  readonly orders: readonly SortOrder[]
}
/** `count` undefined = all. Over a sort this is a top-N. */
export interface Limit extends OperatorBase {
  readonly kind: 'limit'
  readonly input: Plan
  readonly count: number | undefined
  readonly offset: number
}
/** `on` undefined = over all columns; else one row for each value of `on`, the first by `orders`. */
export interface Distinct extends OperatorBase {
  readonly kind: 'distinct'
  readonly input: Plan
  readonly on: readonly Expr[] | undefined
  readonly orders: readonly SortOrder[]
}
/** Output: the input's columns, then one for each call. */
export interface Window extends OperatorBase {
  readonly kind: 'window'
  readonly input: Plan
  readonly calls: readonly WindowCall[]
}
export interface SetOperation extends OperatorBase {
  readonly kind: 'set-operation'
  readonly operation: 'union' | 'except' | 'intersect'
  readonly all: boolean
  readonly inputs: readonly Plan[]
}
/** `definition` is computed once; `CteScan`s of that id inside `body` read it. Output: the body's. */
export interface Cte extends OperatorBase {
  readonly kind: 'cte'
  readonly cteId: number
  readonly definition: Plan
  readonly body: Plan
}
/** `isRecurring`: in a recursive CTE by keys, the rows of all rounds so far. */
export interface CteScan extends OperatorBase {
  readonly kind: 'cte-scan'
  readonly cteId: number
  readonly isRecurring?: boolean
}
/** Row n of the left side beside row n of the right one; the shorter side goes on with NULLs. */
export interface PositionalJoin extends OperatorBase {
  readonly kind: 'positional-join'
  readonly left: Plan
  readonly right: Plan
}
/** A row for each element of the longest list. Output: the input's columns, then an element of each list. */
export interface Unnest extends OperatorBase {
  readonly kind: 'unnest'
  readonly input: Plan
  readonly lists: readonly Expr[]
}
/**
 * A call of a table function for each row of the input. Output: the function's columns, then the columns
 * of the input at the positions `passed`.
 */
export interface TableFunction extends OperatorBase {
  readonly kind: 'table-function'
  readonly input: Plan
  readonly name: string
  readonly args: readonly Expr[]
  readonly options: readonly { readonly name: string; readonly value: Constant }[]
  readonly passed: readonly number[]
}
/** Some rows by chance: `size` is a percentage or a number of rows. A seed makes the choice repeatable. */
export interface Sample extends OperatorBase {
  readonly kind: 'sample'
  readonly input: Plan
  readonly size: { readonly unit: 'percent' | 'rows'; readonly count: number }
  readonly method: 'bernoulli' | 'system' | 'reservoir'
  readonly seed: number | undefined
}
/** A limit whose numbers are computed or a percentage: expressions over the first row of the input. */
export interface ComputedLimit extends OperatorBase {
  readonly kind: 'computed-limit'
  readonly input: Plan
  readonly count: Expr | undefined
  readonly unit: 'percent' | 'rows'
  readonly offset: Expr | undefined
}
/**
 * `initial` gives the first rows; `step` is computed over the rows of the last round, which `CteScan`s of
 * that id inside it read, until it gives none. Output: the rows of all rounds; not `all` = each row once. With
 * `keys`, positions of columns, a row replaces the one with the same keys.
 */
export interface RecursiveCte extends OperatorBase {
  readonly kind: 'recursive-cte'
  readonly cteId: number
  readonly all: boolean
  readonly keys: readonly number[]
  readonly initial: Plan
  readonly step: Plan
}

/**
 * A SELECT that must be whole, as its own text over `parts` by their names, in one task. Output: the columns of the
 * text.
 */
export interface WholeSelect extends OperatorBase {
  readonly kind: 'whole-select'
  readonly sql: string
  readonly parts: readonly SelectPart[]
  /** Why it is whole. */
  readonly reason: string
}
/** What the text reads under a name: all columns of the plan, called so. */
export interface SelectPart { readonly name: string; readonly columns: readonly string[]; readonly plan: Plan }

/** Operators that say what to compute. */
export type LogicalOperator =
  | Scan | Values | Project | Filter | Aggregate | Join | DelimScan | Sort | Limit | Distinct | Window
  | SetOperation | Cte | CteScan | PositionalJoin | Unnest | TableFunction | Sample | ComputedLimit | RecursiveCte
  | WholeSelect

/** Reads the output of an earlier stage; `mode` as in `ShuffleInput`. */
export interface ShuffleRead extends OperatorBase {
  readonly kind: 'shuffle-read'
  readonly stageId: StageId
  readonly mode: 'partition' | 'task' | 'all'
  /** Whether the partitions are ranges in ascending order: then every task takes neighbouring ones. */
  readonly isRanged?: boolean
}
/** A scan that every task reads whole. */
export interface ReplicatedScan extends OperatorBase { readonly kind: 'replicated-scan'; readonly scan: Scan }
/**
 * The task's share of rows that every task has: by hash of `keys`, or all of them in task 0 when there
 * are none.
 */
export interface Pick extends OperatorBase {
  readonly kind: 'pick'
  readonly input: Plan
  readonly keys: readonly Expr[] | undefined
  readonly partitions: number
}
/** First phase: groups, then one column for each partial. */
export interface PartialAggregate extends OperatorBase {
  readonly kind: 'partial-aggregate'
  readonly input: Plan
  readonly groups: readonly Expr[]
  readonly partials: readonly AggregateCall[]
  /** Rows of a task, where nobody knows whether groups repeat among them: each task looks. */
  readonly doubtfulRows?: number
}
/**
 * Second phase: the first `groupCount` input columns are the groups; merges are expressions with
 * aggregate calls inside, over the input's columns. Output: groups, merges, grouping functions.
 */
export interface FinalAggregate extends OperatorBase {
  readonly kind: 'final-aggregate'
  readonly input: Plan
  readonly groupCount: number
  readonly groupingSets: readonly (readonly number[])[] | undefined
  readonly merges: readonly Expr[]
  readonly groupingFunctions: readonly (readonly number[])[]
}

/**
 * Range keys of some of the task's rows. Output, in one row: a list of keys without NULLs, and about how many
 * rows they stand for (BIGINT).
 */
export interface KeySample extends OperatorBase {
  readonly kind: 'key-sample'
  readonly input: Plan
  readonly orders: readonly SortOrder[]
}
/**
 * The number of each row's range, from 0 to below `partitions`: ranges ascend by `orders`, rows with equal
 * keys have the same one, and by `samples` they have about equally many rows. Output: the input's columns,
 * then the number, which is rendered whether it is live or not.
 */
export interface RangeNumber extends OperatorBase {
  readonly kind: 'range-number'
  readonly input: Plan
  /** All tasks' outputs of a `KeySample`. */
  readonly samples: Plan
  readonly orders: readonly SortOrder[]
  readonly partitions: number
}
/** Rows whose `column` holds the number of a range before those of the task, or after them. */
export interface OtherRanges extends OperatorBase {
  readonly kind: 'other-ranges'
  readonly side: 'earlier' | 'later'
  readonly input: Plan
  readonly column: number
}

/** Operators that the distribution puts in. */
export type PhysicalOperator =
  | ShuffleRead | ReplicatedScan | Pick | PartialAggregate | FinalAggregate | KeySample | RangeNumber
  | OtherRanges

export type Plan = LogicalOperator | PhysicalOperator

