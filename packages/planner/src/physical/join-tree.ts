/**
 * Scans, filters, projections and inner joins as one thing: tables, which rows are taken of each, and what joins
 * them. Columns of all tables are numbered through, those of the leftmost table first, so that expressions of two
 * trees of the same form mean the same whatever their operators pass on.
 */
import { present } from '@arbalest/common'
import {
  columnsUsed, mapColumns, type Expr, type Join, type JoinCondition, type Plan, type Scan,
} from '@arbalest/plan'

export interface Leaf {
  readonly scan: Scan
  /** The number of the table's first column. */
  readonly first: number
  /** What a row of the table fulfils, as terms of a conjunction. */
  readonly terms: readonly Expr[]
}

/** `leaf` is a position among the leaves. */
export type Shape =
  | { readonly kind: 'leaf'; readonly leaf: number }
  | {
    readonly kind: 'join'
    readonly left: Shape
    readonly right: Shape
    readonly conditions: readonly JoinCondition[]
    readonly residual: readonly Expr[]
  }

export interface JoinTree {
  readonly leaves: readonly Leaf[]
  readonly shape: Shape
  /** For each output column what it is made of; undefined where its value is of no interest. */
  readonly outputs: readonly (Expr | undefined)[]
}

type Read = Pick<JoinTree, 'shape' | 'outputs'>
interface GrowingLeaf extends Leaf { readonly terms: Expr[] }

/** The tree that a plan is, or undefined: other operators, and filters over several tables, are not followed. */
export function readJoinTree(plan: Plan): JoinTree | undefined {
  const leaves: GrowingLeaf[] = []
  let numbered = 0
  const readScan = (scan: Scan): Read => {
    const first = numbered
    numbered += scan.tableColumns.length
    const { predicate } = scan
    const terms = predicate === undefined ? [] : termsOf(mapColumns(predicate, (index) => first + index))
    const outputs = scan.columns.map((column, at): Expr | undefined => (column.kind === 'table'
      ? { kind: 'column', index: first + column.index, type: present(scan.types[at], 'columns have types') }
      : undefined))
    return { shape: { kind: 'leaf', leaf: leaves.push({ scan, first, terms: [...terms] }) - 1 }, outputs }
  }
  const read = (node: Plan): Read | undefined => {
    if (node.kind === 'scan') return readScan(node)
    if (node.kind === 'join') return isInner(node) ? joined(node, read(node.left), read(node.right)) : undefined
    if (node.kind !== 'filter' && node.kind !== 'project') return undefined
    const input = read(node.input)
    if (input === undefined) return undefined
    if (node.kind === 'project') {
      return { ...input, outputs: node.exprs.map((expr) => substituted([expr], input.outputs)?.[0]) }
    }
    const terms = substituted(node.predicates, input.outputs)?.flatMap(termsOf)
    return terms?.every((term) => addTerm(leaves, term)) === true ? input : undefined
  }
  const tree = read(plan)
  return tree === undefined ? undefined : { ...tree, leaves }
}

const isInner = ({ joinType, delim, isAsof }: Join): boolean =>
  joinType === 'inner' && delim === undefined && isAsof !== true

function joined(plan: Join, left: Read | undefined, right: Read | undefined): Read | undefined {
  if (left === undefined || right === undefined) return undefined
  const outputs = [...left.outputs, ...right.outputs]
  const residual = substituted(plan.residual, outputs)
  const lefts = substituted(plan.conditions.map((one) => one.left), left.outputs)
  const rights = substituted(plan.conditions.map((one) => one.right), right.outputs)
  if (residual === undefined || lefts === undefined || rights === undefined) return undefined
  const conditions = plan.conditions.map(({ operator }, at): JoinCondition => ({
    left: present(lefts[at], 'a condition has a left side'),
    right: present(rights[at], 'a condition has a right side'),
    operator,
  }))
  return { shape: { kind: 'join', left: left.shape, right: right.shape, conditions, residual }, outputs }
}

const termsOf = (expr: Expr): readonly Expr[] => (expr.kind === 'and' ? expr.terms.flatMap(termsOf) : [expr])

/** Rows of inner joins fulfil what rows of their tables do. False where the term is about several tables. */
function addTerm(leaves: readonly GrowingLeaf[], term: Expr): boolean {
  const used = [...columnsUsed([term])]
  const leaf = leaves.find(({ scan, first }) =>
    used.every((index) => index >= first && index < first + scan.tableColumns.length))
  if (leaf === undefined || used.length === 0) return false
  leaf.terms.push(term)
  return true
}

/** Expressions over what a tree gives as expressions over its tables. */
export function substituted(
  exprs: readonly Expr[],
  outputs: readonly (Expr | undefined)[],
): readonly Expr[] | undefined {
  const isKnown = [...columnsUsed(exprs)].every((index) => outputs[index] !== undefined)
  if (!isKnown) return undefined
  return exprs.map((expr) => mapColumns(expr, (index) => present(outputs[index], 'used columns are known')))
}

/** A plan that gives columns of tables, and where each of them is. */
export interface BuiltTree { readonly plan: Plan; readonly at: ReadonlyMap<number, number> }

/** The tree as a plan that gives the `wanted` columns and no others. */
export function buildJoinTree(
  { leaves, shape }: Pick<JoinTree, 'leaves' | 'shape'>,
  wanted: ReadonlySet<number>,
  nextId: () => number,
): BuiltTree {
  const build = (node: Shape, needed: ReadonlySet<number>): BuiltTree =>
    node.kind === 'leaf'
      ? buildScan(present(leaves[node.leaf], 'a shape is made of leaves'), needed, nextId)
      : buildJoin(node, needed)
  const buildJoin = (node: Extract<Shape, { kind: 'join' }>, needed: ReadonlySet<number>): BuiltTree => {
    const conditions = node.conditions.flatMap(({ left, right }) => [left, right])
    const below = new Set([...needed, ...columnsUsed([...conditions, ...node.residual])])
    const left = build(node.left, below)
    const right = build(node.right, below)
    const width = left.plan.types.length
    const at = new Map([...left.at, ...[...right.at].map(([number, place]) => [number, width + place] as const)])
    const plan: Join = {
      kind: 'join', id: nextId(), joinType: 'inner', left: left.plan, right: right.plan, delim: undefined,
      conditions: node.conditions.map((one) => (
        { ...one, left: placed(one.left, left.at), right: placed(one.right, right.at) })),
      residual: node.residual.map((expr) => placed(expr, at)),
      types: [...left.plan.types, ...right.plan.types],
      live: [...at].flatMap(([number, place]) => (needed.has(number) ? [place] : [])).sort((a, b) => a - b),
    }
    return { plan, at }
  }
  return build(shape, wanted)
}

function buildScan({ scan, first, terms }: Leaf, needed: ReadonlySet<number>, nextId: () => number): BuiltTree {
  const columns = scan.tableColumns.flatMap((_, index) => (needed.has(first + index) ? [index] : []))
  const predicates = terms.map((term) => mapColumns(term, (index) => index - first))
  const [only] = predicates
  const plan: Scan = {
    kind: 'scan', id: nextId(), source: scan.source, table: scan.table, tableColumns: scan.tableColumns,
    columns: columns.map((index) => ({ kind: 'table', index })),
    predicate: predicates.length > 1 ? { kind: 'and', terms: predicates } : only,
    types: columns.map((index) => present(scan.tableColumns[index], 'a column of the table').type),
    live: [...columns.keys()],
  }
  return { plan, at: new Map(columns.map((index, place) => [first + index, place])) }
}

/** An expression over the tables' columns as one over the plan's. */
export const placed = (expr: Expr, at: BuiltTree['at']): Expr =>
  mapColumns(expr, (index) => present(at.get(index), 'the plan gives the columns that are used'))

/** All expressions of the joins. */
export function joinExprs(shape: Shape): readonly Expr[] {
  if (shape.kind === 'leaf') return []
  const own = [...shape.conditions.flatMap(({ left, right }) => [left, right]), ...shape.residual]
  return [...joinExprs(shape.left), ...joinExprs(shape.right), ...own]
}

/** Trees with the same text differ in the terms of their leaves alone, and in what they give. */
export const formOf = ({ leaves, shape }: JoinTree): string =>
  JSON.stringify([leaves.map(({ scan }) => scan.source), shape])
