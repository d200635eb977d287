/**
 * Expressions, bound and typed. A column is a position in the output of the operator's input (left
 * columns, then right ones, for joins); inside a scan's predicate it is a position in the table.
 */
import type { DataType } from '@arbalest/common'

export interface ColumnRef { readonly kind: 'column'; readonly index: number; readonly type: DataType }

/** A literal. Values keep their exact text; the printer casts them to `type`. */
export interface Constant { readonly kind: 'constant'; readonly type: DataType; readonly value: ConstantValue }

export type ConstantValue =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** Text that `CAST('…' AS type)` turns into the value exactly. */
  | { readonly kind: 'text'; readonly text: string }
  /** Days since 1970-01-01, for DATE. */
  | { readonly kind: 'days'; readonly days: number }
  /** A count of the type's own unit since 1970 as decimal text, for the TIMESTAMP family. */
  | { readonly kind: 'ticks'; readonly ticks: string }
  | { readonly kind: 'interval'; readonly months: number; readonly days: number; readonly micros: string }
  | { readonly kind: 'list'; readonly items: readonly Constant[] }
  | { readonly kind: 'struct'; readonly items: readonly Constant[] }
  /** The member of a UNION that it has, by its position. */
  | { readonly kind: 'union'; readonly member: number; readonly item: Constant }

export type ComparisonOperator =
  | '=' | '<>' | '<' | '>' | '<=' | '>=' | 'IS DISTINCT FROM' | 'IS NOT DISTINCT FROM'

export interface Comparison {
  readonly kind: 'comparison'
  readonly operator: ComparisonOperator
  readonly left: Expr
  readonly right: Expr
}
/** AND and OR take any number of terms, so that long chains do not nest. */
export interface Conjunction { readonly kind: 'and' | 'or'; readonly terms: readonly Expr[] }
export interface Cast { readonly kind: 'cast'; readonly input: Expr; readonly type: DataType; readonly isTry: boolean }
export interface Case {
  readonly kind: 'case'
  readonly branches: readonly { readonly when: Expr; readonly then: Expr }[]
  readonly otherwise: Expr
  readonly type: DataType
}
export interface Between {
  readonly kind: 'between'
  readonly input: Expr
  readonly low: Expr
  readonly high: Expr
  readonly lowInclusive: boolean
  readonly highInclusive: boolean
}
/** Built-in forms with their own syntax. `in`: the first argument is looked for in the others. */
export interface Operator {
  readonly kind: 'operator'
  readonly operator: 'is-null' | 'is-not-null' | 'not' | 'coalesce' | 'in' | 'not-in' | 'try'
  readonly args: readonly Expr[]
  readonly type: DataType
}
/** A scalar function by its catalog name; `infix` for `+`, `||`, `~~` and the like. */
export interface FunctionCall {
  readonly kind: 'function'
  readonly name: string
  readonly args: readonly Expr[]
  readonly infix: boolean
  readonly type: DataType
  /** Whether a second evaluation may give another value (`random()`, `uuid()`, …). */
  readonly isVolatile: boolean
}
/** An argument of a function of lists: `body` over the columns around it and over its own parameters. */
export interface Lambda { readonly kind: 'lambda'; readonly parameters: readonly string[]; readonly body: Expr }
/** A parameter of a lambda around it, by its name, which no lambda around that one has. */
export interface Parameter { readonly kind: 'parameter'; readonly name: string; readonly type: DataType }
export interface SortOrder { readonly expr: Expr; readonly descending: boolean; readonly nullsFirst: boolean }
/** Only as an element of an aggregate operator. `count(*)` is `count` without arguments. */
export interface AggregateCall {
  readonly kind: 'aggregate'
  readonly name: string
  readonly args: readonly Expr[]
  readonly distinct: boolean
  readonly filter: Expr | undefined
  readonly orders: readonly SortOrder[]
  readonly type: DataType
}
export type FrameBound =
  | { readonly kind: 'unbounded-preceding' | 'unbounded-following' | 'current-row' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expr }
/** Only as an element of a window operator. */
export interface WindowCall {
  readonly kind: 'window'
  readonly name: string
  readonly args: readonly Expr[]
  readonly distinct: boolean
  readonly filter: Expr | undefined
  readonly argOrders: readonly SortOrder[]
  readonly ignoreNulls: boolean
  readonly partitions: readonly Expr[]
  readonly orders: readonly SortOrder[]
  readonly frame: {
    readonly unit: 'ROWS' | 'RANGE' | 'GROUPS'
    readonly start: FrameBound
    readonly end: FrameBound
    readonly exclude: 'none' | 'current-row' | 'group' | 'ties'
  }
  readonly type: DataType
}

export type Expr =
  | ColumnRef | Constant | Comparison | Conjunction | Cast | Case | Between | Operator | FunctionCall
  | AggregateCall | WindowCall | Lambda | Parameter
