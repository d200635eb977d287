/** From a fragment to the inputs of a stage: its leaves get names, and its tasks their shares. */
import { assert, present, type Column, type DataType } from '@arbalest/common'
import {
  childrenOf, columnsUsed, type Plan, type ReplicatedScan, type Scan, type ScanInput,
  type ShuffleInput, type ShuffleRead, type StageInput, type TableSource, type TaskSpec,
} from '@arbalest/plan'
import { splitFiles } from './split-files.js'

export type Leaf = Scan | ReplicatedScan | ShuffleRead

export interface CutStage {
  readonly inputs: readonly StageInput[]
  inputName(leaf: Leaf): string
}

/** Names the leaves `input_0`, `input_1`, … Reads of one stage in one mode share an input. */
export function cutStage(plan: Plan, sources: Readonly<Record<string, TableSource>>): CutStage {
  const names = new Map<Leaf, string>()
  const reads = new Map<string, { readonly name: string; readonly leaves: ShuffleRead[] }>()
  const scans: ScanInput[] = []
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
      scans.push(scanInput(name, leaf, sources))
    }
  }
  const shuffles = [...reads.values()].map(({ name, leaves }) => shuffleInput(name, leaves))
  return {
    inputs: [...scans, ...shuffles],
    inputName: (leaf) => present(names.get(leaf), 'every leaf of the fragment has a name'),
  }
}

function leavesOf(plan: Plan): readonly Leaf[] {
  if (plan.kind === 'scan' || plan.kind === 'replicated-scan' || plan.kind === 'shuffle-read') return [plan]
  return childrenOf(plan).flatMap(leavesOf)
}

function scanInput(
  name: string,
  leaf: Scan | ReplicatedScan,
  sources: Readonly<Record<string, TableSource>>,
): ScanInput {
  const scan = leaf.kind === 'scan' ? leaf : leaf.scan
  const source = present(sources[scan.source], `source ${scan.source} of the plan`)
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
  }
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

export interface TaskShares {
  readonly tasks: number
  readonly partitions: number
  /** Whether the scans' files are one sequence, in the order of the inputs. */
  readonly inOrder: boolean
}

/** Tasks of a divided stage: neighbouring partitions, neighbouring rows. */
export function dividedTasks(inputs: readonly StageInput[], shares: TaskShares): readonly TaskSpec[] {
  const { tasks, partitions, inOrder } = shares
  assert(partitions >= tasks, 'every task has a partition')
  const split = inputs.filter((input): input is ScanInput => input.kind === 'scan' && input.mode === 'split')
  const groups = inOrder ? [split] : split.map((input) => [input])
  const byGroup = groups.map((group) => splitFiles(group, tasks))
  return Array.from({ length: tasks }, (_, task) => ({
    task,
    partitions: range(Math.floor((task * partitions) / tasks), Math.floor(((task + 1) * partitions) / tasks)),
    splits: Object.assign({}, ...byGroup.map((shares) => shares[task] ?? {})) as TaskSpec['splits'],
  }))
}

/** The one task of a stage that is not divided. */
export const singleTask = (partitions: number): readonly TaskSpec[] => [
  { task: 0, partitions: range(0, partitions), splits: {} },
]

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)
