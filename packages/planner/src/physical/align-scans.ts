/**
 * Scans that are divided at the same values. Where the row groups of two tables do not overlap in the
 * columns that join them, each task can take the same range of values from both, and the join, like a
 * grouping by such a column, needs no exchange. Found in the logical plan before it is walked.
 *
 * Measured by the prototype of this design: TPC-H SF10 at 1.10 of one DuckDB's time against 1.17.
 */
import { present } from '@arbalest/common'
import {
  operatorsOf, type Plan, type RowGroupRanges, type Scan, type TableSource, type ValueDivision,
} from '@arbalest/plan'
import { columnOrigins, type ColumnOrigin } from './column-origins.js'
import { equalColumns, groupingColumns } from './compared-columns.js'

interface AlignmentFacts {
  readonly sources: Readonly<Record<string, TableSource>>
  readonly tasks: number
  /** Tables of at most so many rows are not divided. */
  readonly replicatedRowsMax: number
  /** Scans that are divided in another way. */
  readonly bucketed: ReadonlySet<number>
}

/** A share of a table may exceed the even one by this factor. */
const unevennessMax = 1.5
/** Rows of a table, as a share, that may lie in row groups across a border: two tasks read these. */
const straddlingShareMax = 0.25

/** The division of the scans that share one, by the scan's id. Scans that lie alike have the same list of borders. */
export function alignScans(plan: Plan, facts: AlignmentFacts): ReadonlyMap<number, ValueDivision> {
  const divisions = new Map<number, ValueDivision>()
  if (facts.tasks < 2) return divisions
  const candidates = candidateColumns(plan, facts)
  if (candidates.size === 0) return divisions
  const rowsMax = Math.max(...operatorsOf(plan).map((one) =>
    one.kind === 'scan' ? facts.sources[one.source]?.rows ?? 0 : 0))
  for (const family of familiesOf(plan, candidates)) {
    // A scan can be divided by one of its columns only: the family with most rows comes first.
    const free = family.columns.filter(({ scan }) => !divisions.has(scan.id))
    // A table that is joined with a larger one hardly lies as it was scanned when its rows are grouped.
    const isGrouped = family.isGrouped && free.some(({ rows }) => rows >= rowsMax)
    const borders = bordersFor(free, isGrouped, facts.tasks)
    if (borders === undefined) continue
    for (const { scan, column } of borders.columns) divisions.set(scan.id, { column, borders: borders.values })
  }
  return divisions
}

interface RowGroup { readonly min: number; readonly max: number; readonly rows: number }
interface Candidate {
  readonly scan: Scan
  readonly column: number
  /** In the order of their values. */
  readonly groups: readonly RowGroup[]
  readonly rows: number
}
interface Family {
  readonly columns: readonly Candidate[]
  /** Whether rows are grouped by one of them: then a single scan may have a use for it. */
  readonly isGrouped: boolean
}

const keyOf = ({ scan, column }: ColumnOrigin): string => `${scan}:${column}`

function candidateColumns(
  plan: Plan,
  { sources, replicatedRowsMax, bucketed }: AlignmentFacts,
): ReadonlyMap<string, Candidate> {
  const found = new Map<string, Candidate>()
  for (const scan of operatorsOf(plan)) {
    if (scan.kind !== 'scan' || bucketed.has(scan.id)) continue
    const source = present(sources[scan.source], `source ${scan.source} of the plan`)
    if (source.rows <= replicatedRowsMax) continue
    for (const [name, ranges] of Object.entries(source.clustered ?? {})) {
      const column = scan.tableColumns.findIndex((one) => one.name === name)
      const groups = groupsInOrder(source, ranges)
      if (column < 0 || groups === undefined) continue
      found.set(keyOf({ scan: scan.id, column }), { scan, column, groups, rows: source.rows })
    }
  }
  return found
}

function groupsInOrder(source: TableSource, { mins, maxs }: RowGroupRanges): readonly RowGroup[] | undefined {
  const rows = source.files.flatMap((file) => file.rowGroupRows)
  if (rows.length !== mins.length || rows.length !== maxs.length) return undefined
  return rows
    .map((count, index) => ({ min: mins[index] ?? NaN, max: maxs[index] ?? NaN, rows: count }))
    .sort((a, b) => a.min - b.min || a.max - b.max)
}

/** Candidates that the plan compares with each other, those with most rows first. */
function familiesOf(plan: Plan, candidates: ReadonlyMap<string, Candidate>): readonly Family[] {
  const originOf = columnOrigins(plan)
  const leaders = new Map([...candidates.keys()].map((key) => [key, key]))
  const leaderOf = (key: string): string => {
    const leader = leaders.get(key)
    return leader === undefined || leader === key ? key : leaderOf(leader)
  }
  const grouped = new Set<string>()
  for (const operator of operatorsOf(plan)) {
    for (const [left, right] of equalColumns(operator, originOf)) {
      const keys = [keyOf(left), keyOf(right)]
      const [one = '', two = ''] = keys
      if (keys.every((key) => candidates.has(key))) leaders.set(leaderOf(one), leaderOf(two))
    }
    for (const origin of groupingColumns(operator, originOf)) grouped.add(keyOf(origin))
  }
  const families = new Map<string, { columns: Candidate[]; isGrouped: boolean; rows: number }>()
  for (const [key, candidate] of candidates) {
    const family = families.get(leaderOf(key)) ?? { columns: [], isGrouped: false, rows: 0 }
    families.set(leaderOf(key), family)
    family.columns.push(candidate)
    family.isGrouped ||= grouped.has(key)
    family.rows += candidate.rows
  }
  return [...families.values()]
    .filter(({ columns, isGrouped }) => columns.length > 1 || isGrouped)
    .sort((a, b) => b.rows - a.rows)
}

/** Borders at row groups of the largest table, for those tables that they divide well. */
function bordersFor(columns: readonly Candidate[], isGrouped: boolean, tasks: number) {
  const largest = columns.reduce<Candidate | undefined>(
    (best, one) => (best === undefined || one.rows > best.rows ? one : best), undefined)
  const values = largest === undefined ? undefined : evenBorders(largest.groups, tasks)
  if (values === undefined) return undefined
  const kept = columns.filter((candidate) => dividesWell(candidate, values))
  return kept.length > 1 || (kept.length === 1 && isGrouped) ? { values, columns: kept } : undefined
}

/** The starts of row groups nearest to even shares; undefined where there are too few. */
function evenBorders(groups: readonly RowGroup[], tasks: number): readonly number[] | undefined {
  const total = groups.reduce((sum, { rows }) => sum + rows, 0)
  const starts: { readonly value: number; readonly before: number }[] = []
  let before = 0
  for (const [index, { min, rows }] of groups.entries()) {
    if (index > 0 && min > (groups[index - 1]?.max ?? min)) starts.push({ value: min, before })
    before += rows
  }
  const values: number[] = []
  for (let task = 1; task < tasks; task++) {
    const wanted = (total * task) / tasks
    const [best] = starts.toSorted((a, b) => Math.abs(a.before - wanted) - Math.abs(b.before - wanted))
    if (best === undefined || best.value <= (values.at(-1) ?? -Infinity)) return undefined
    values.push(best.value)
  }
  return values
}

function dividesWell({ groups, rows }: Candidate, borders: readonly number[]): boolean {
  const shares = Array.from({ length: borders.length + 1 }, () => 0)
  let straddling = 0
  for (const group of groups) {
    const [first, last] = [taskOf(group.min, borders), taskOf(group.max, borders)]
    if (first !== last) straddling += group.rows
    for (let task = first; task <= last; task++) shares[task] = (shares[task] ?? 0) + group.rows / (last - first + 1)
  }
  return straddling <= rows * straddlingShareMax && Math.max(...shares) <= (rows / shares.length) * unevennessMax
}

/** Which share a value belongs to. */
const taskOf = (value: number, borders: readonly number[]): number =>
  borders.reduce((task, border) => (value >= border ? task + 1 : task), 0)
