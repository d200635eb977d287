/** From a fragment to the inputs of a stage: its leaves get names, and the columns they are asked for. */
import { present, type Column, type DataType } from '@arbalest/common'
import {
  childrenOf, columnsUsed, type Plan, type ReplicatedScan, type Scan, type ScanInput,
  type ShuffleInput, type ShuffleRead, type StageInput, type TableSource, type TaskSplit, type ValueDivision,
} from '@arbalest/plan'
import { splitByValues } from './split-by-values.js'

export type Leaf = Scan | ReplicatedScan | ShuffleRead

export interface CutStage {
  readonly inputs: readonly StageInput[]
  /** The tasks' shares of scans that are divided by value, by the name of the input. */
  readonly splitsByValue: ReadonlyMap<string, readonly (readonly TaskSplit[])[]>
  /** Names of scans whose files go to the tasks by their buckets. */
  readonly byBucket: ReadonlySet<string>
  inputName(leaf: Leaf): string
  /** Whether partitions that are read are ranges. */
  readonly readsRanges: boolean
  /** Share of a scan's bytes that the wanted columns make up, from 0 to 1, by the name of the input. */
  readShare(input: string): number
}

/** Names the leaves `input_0`, `input_1`, … Reads of one stage in one mode share an input. */
export function cutStage(plan: Plan, sources: Readonly<Record<string, TableSource>>): CutStage {
  const names = new Map<Leaf, string>()
  const reads = new Map<string, { readonly name: string; readonly leaves: ShuffleRead[] }>()
  const scans: ScanInput[] = []
  const readShares = new Map<string, number>()
  const splitsByValue = new Map<string, readonly (readonly TaskSplit[])[]>()
  const byBucket = new Set<string>()
  let count = 0
  for (const leaf of leavesOf(plan)) {
    if (names.has(leaf)) continue
    if (leaf.kind === 'shuffle-read') {
      const key = `${leaf.stageId}:${leaf.mode}`
      const read = reads.get(key) ?? { name: `input_${count++}`, leaves: [] }
      reads.set(key, read)
      read.leaves.push(leaf)
      names.set(leaf, read.name)
    } else {
      const name = `input_${count++}`
      names.set(leaf, name)
      const source = sourceOf(leaf, sources)
      const input = scanInput(name, leaf, source)
      scans.push(input)
      const splits = leaf.kind === 'scan' ? valueSplits(leaf, source) : undefined
      if (splits !== undefined) splitsByValue.set(name, splits)
      if (leaf.kind === 'scan' && leaf.isByBucket === true) byBucket.add(name)
      readShares.set(name, readShare(input, source))
    }
  }
  const shuffles = [...reads.values()].map(({ name, leaves }) => shuffleInput(name, leaves))
  return {
    inputs: [...scans, ...shuffles],
    readsRanges: [...names.keys()].some((leaf) => leaf.kind === 'shuffle-read' && leaf.isRanged === true),
    splitsByValue,
    byBucket,
    inputName: (leaf) => present(names.get(leaf), 'every leaf of the fragment has a name'),
    readShare: (input) => present(readShares.get(input), 'every scan has a share that is read'),
  }
}

function leavesOf(plan: Plan): readonly Leaf[] {
  if (plan.kind === 'scan' || plan.kind === 'replicated-scan' || plan.kind === 'shuffle-read') return [plan]
  return childrenOf(plan).flatMap(leavesOf)
}

function sourceOf(leaf: Scan | ReplicatedScan, sources: Readonly<Record<string, TableSource>>): TableSource {
  const { source } = leaf.kind === 'scan' ? leaf : leaf.scan
  return present(sources[source], `source ${source} of the plan`)
}

function scanInput(name: string, leaf: Scan | ReplicatedScan, source: TableSource): ScanInput {
  const scan = leaf.kind === 'scan' ? leaf : leaf.scan
  const used = new Set(columnsUsed(scan.predicate === undefined ? [] : [scan.predicate]))
  for (const output of leaf.live) {
    const column = present(scan.columns[output], 'live columns exist')
    if (column.kind === 'table') used.add(column.index)
  }
  return {
    kind: 'scan',
    name,
    table: scan.table,
    reader: source.reader,
    columns: source.columns.filter((_, index) => used.has(index)),
    files: source.files,
    mode: leaf.kind === 'scan' ? 'split' : 'all',
    ...(scan.division === undefined ? {} : { dividedBy: divisionColumn(scan, scan.division).name }),
    ...(scan.isByBucket === true ? { isByBucket: true } : {}),
  }
}

const divisionColumn = (scan: Scan, { column }: ValueDivision): Column =>
  present(scan.tableColumns[column], 'a scan is divided by a column of its table')

function valueSplits(scan: Scan, { files, clustered }: TableSource): readonly (readonly TaskSplit[])[] | undefined {
  if (scan.division === undefined) return undefined
  const { name, type } = divisionColumn(scan, scan.division)
  const ranges = present(clustered?.[name], 'files are divided by a column that they are clustered by')
  const isDate = type.kind === 'simple' && type.name === 'DATE'
  return splitByValues({ files, ranges, column: name, isDate }, scan.division)
}

/** By the bytes of the columns where footers tell them, else by their number. */
function readShare({ columns, reader, files }: ScanInput, source: TableSource): number {
  if (reader.format !== 'parquet') return 1
  const size = files.reduce((sum, file) => sum + file.sizeBytes, 0)
  const bytes = columns.map(({ name }) => source.statistics[name]?.bytes)
  if (bytes.some((count) => count === undefined) || size === 0) return columns.length / source.columns.length
  return Math.min(1, bytes.reduce<number>((sum, count) => sum + (count ?? 0), 0) / size)
}

function shuffleInput(name: string, leaves: readonly ShuffleRead[]): ShuffleInput {
  const first = present(leaves[0], 'an input has a leaf')
  const live = [...new Set(leaves.flatMap((leaf) => leaf.live))].sort((a, b) => a - b)
  return { kind: 'shuffle', name, stageId: first.stageId, mode: first.mode, columns: outputColumns(live, first.types) }
}

/** Columns of a stage's file: `c<i>` for each live column. */
export function outputColumns(live: readonly number[], types: readonly DataType[]): readonly Column[] {
  return live.map((index) => ({ name: `c${index}`, type: present(types[index], 'live columns have types') }))
}
