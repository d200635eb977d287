/**
 * The tasks of a stage: how many there are, and which rows each of them takes. Where nothing binds a
 * stage to the tasks of another one, its number of tasks follows the work, and its partitions are dealt
 * by what was written into them.
 */
import type {
  ScanInput, ShuffleInput, SourceFile, StageFacts, StageInput, TaskSpec, TaskSplit,
} from '@arbalest/plan'
import { present, type StageId } from '@arbalest/common'
import { dealEvenly, dealNeighbours, dealPartitions } from './deal-partitions.js'
import { scanWork, splitFiles, type FilesToSplit } from './split-files.js'
import { tasksFor, workOf } from './task-work.js'

export interface TaskShares {
  /** Most tasks, and how many there are where stages go on task by task. */
  readonly tasks: number
  readonly partitions: number
  /** Whether the scans' files are one sequence, in the order of the inputs. */
  readonly inOrder: boolean
  /** Whether tables are divided among all tasks however small they are. */
  readonly spreadsScans: boolean
  /** Whether there are as many tasks as can be, however small they are: the memory did not last for larger ones. */
  readonly isFiner: boolean
  /** Whether task n of a later stage may read what task n wrote: then both divide alike. */
  readonly isContinued: boolean
  /**
   * Whether each task takes neighbouring partitions: they are ranges in ascending order, or neighbours in the files.
   */
  readonly readsRanges: boolean
  /** Shares of the tasks in scans that are divided by value, by the name of the input. */
  readonly splitsByValue: ReadonlyMap<string, readonly (readonly TaskSplit[])[]>
  /** Names of scans whose files belong to the partition `bucket % partitions`. */
  readonly byBucket: ReadonlySet<string>
  /** Share of a scan's bytes that is read, by the name of the input. */
  readShare(input: string): number
  /** What a finished stage has written. */
  writtenBy(stageId: StageId): StageFacts
}

export function dividedTasks(inputs: readonly StageInput[], shares: TaskShares): readonly TaskSpec[] {
  const scans = inputs
    .filter((input): input is ScanInput => input.kind === 'scan' && input.mode === 'split')
    .map(({ name, files }): FilesToSplit => ({ name, files, readShare: shares.readShare(name) }))
  const dealt = dealtPartitions(inputs, scans, shares)
  const free = scans.filter(({ name }) => shares.splitsByValue.get(name) === undefined && !shares.byBucket.has(name))
  const groups = shares.inOrder ? [free] : free.map((input) => [input])
  const byGroup = groups.map((group) => splitFiles(group, dealt.length))
  return dealt.map((partitions, task) => ({
    task,
    partitions,
    splits: Object.assign(
      {},
      ...byGroup.map((splits) => splits[task] ?? {}),
      ...[...shares.splitsByValue].map(([name, splits]) => ({ [name]: splits[task] ?? [] })),
      ...scans.filter(({ name }) => shares.byBucket.has(name))
        .map(({ name, files }) => ({ [name]: filesOf(partitions, files, shares.partitions) })),
    ) as TaskSpec['splits'],
  }))
}

/** The files whose buckets lie in the partitions. */
function filesOf(own: readonly number[], files: readonly SourceFile[], partitions: number): readonly TaskSplit[] {
  const wanted = new Set(own)
  return files.flatMap((found, file) => (wanted.has(partitionOf(found, partitions)) ? [{ file }] : []))
}

const partitionOf = ({ bucket }: SourceFile, partitions: number): number =>
  present(bucket, 'files of a scan by bucket have one') % partitions

/** The partition that stands for each task's share where all tasks have neighbouring ones. */
export const firstPartitions = (partitions: number, tasks: number): readonly number[] =>
  dealEvenly(partitions, tasks).map(([first]) => present(first, 'every task has a partition'))

function dealtPartitions(
  inputs: readonly StageInput[],
  scans: readonly FilesToSplit[],
  shares: TaskShares,
): readonly (readonly number[])[] {
  const { tasks, partitions } = shares
  const shuffles = inputs.filter((input): input is ShuffleInput => input.kind === 'shuffle')
  if (shares.splitsByValue.size > 0) return dealEvenly(partitions, tasks)
  if (shares.isContinued || shuffles.some(({ mode }) => mode === 'task')) return dealEvenly(partitions, tasks)
  const read = shuffles.filter(({ mode }) => mode === 'partition').map(({ stageId }) => shares.writtenBy(stageId))
  const [fixed, free] = [true, false].map((is) => scans.filter(({ name }) => shares.byBucket.has(name) === is))
  const weights = withBuckets(partitionWeights(read, partitions), fixed ?? [])
  const count = taskCount(weights, { free: free ?? [], hasScans: scans.length > 0 }, shares)
  if (read.length === 0 && shares.byBucket.size === 0) return dealEvenly(partitions, count)
  return shares.readsRanges ? dealNeighbours(weights, count) : dealPartitions(weights, count)
}

/** The work of each partition over all inputs that are read by partition. */
const partitionWeights = (read: readonly StageFacts[], partitions: number): readonly number[] =>
  Array.from({ length: partitions }, (_, partition) =>
    read.reduce((sum, { partitionRows, partitionBytes }) =>
      sum + workOf(partitionRows[partition] ?? 0, partitionBytes[partition] ?? 0), 0))

/** Together with the work of the files whose buckets lie in each partition. */
function withBuckets(weights: readonly number[], scans: readonly FilesToSplit[]): readonly number[] {
  const all = [...weights]
  for (const scan of scans) {
    for (const file of scan.files) {
      const partition = partitionOf(file, weights.length)
      all[partition] = (all[partition] ?? 0) + scanWork({ ...scan, files: [file] })
    }
  }
  return all
}

function taskCount(
  weights: readonly number[],
  { free, hasScans }: { readonly free: readonly FilesToSplit[]; readonly hasScans: boolean },
  shares: TaskShares,
): number {
  if (hasScans && shares.spreadsScans) return shares.tasks
  const written = weights.reduce((sum, weight) => sum + weight, 0)
  const scanned = free.reduce((sum, input) => sum + scanWork(input), 0)
  // Partitions without rows are nobody's reason for a task.
  const most = free.length > 0 ? shares.tasks : Math.min(shares.tasks, weights.filter((weight) => weight > 0).length)
  return shares.isFiner ? Math.max(1, most) : tasksFor(written + scanned, Math.max(1, most))
}

/** The one task of a stage that is not divided. */
export const singleTask = (partitions: number): readonly TaskSpec[] =>
  dealEvenly(partitions, 1).map((all, task) => ({ task, partitions: all, splits: {} }))
