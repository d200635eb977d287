/** Jobs of random shape: which stages, who reads whom and how, and the steps in which they are published. */
import { type JobId, present, type StageId } from '@arbalest/common'
import type { ShuffleInput, StageInput, StageOutput, StageSpec, TaskSpec } from '@arbalest/plan'
import type { PoolRules } from '@arbalest/scheduler'
import type { Random } from '@arbalest/scheduler/testing'

export interface SimJob {
  readonly id: JobId
  /** The stages by the planner's steps, in the order of their numbers; the last one has the result. */
  readonly steps: readonly (readonly StageSpec[])[]
  readonly stages: readonly StageSpec[]
  readonly tasks: number
  /** The front has planned the first step before the submission. */
  readonly bringsFirstStep: boolean
  /** The `stage/task` that ends with an error of the user. */
  readonly wrongTask: string | undefined
  readonly timeoutMs: number | undefined
  readonly pool: string | undefined
  readonly priority: number
  readonly speculation: boolean
  readonly endsWithClient: boolean
  readonly labels: readonly string[]
}

/** Groups of jobs, with their shares of the slots. */
export const pools: ReadonlyMap<string, PoolRules> = new Map([
  ['heavy', { weight: 3, slotsMax: undefined }],
  ['narrow', { weight: 1, slotsMax: 2 }],
])

/** Of a plan that was made anew too: its stages are the same under higher numbers. */
export function specOf(job: SimJob, stageId: number): StageSpec {
  return present(job.stages[(stageId - 1) % job.stages.length], `stage ${stageId} belongs to the job`)
}

/** The tasks of `producer` that task number `task` of a reader reads. */
export function shuffleSourcesOf(
  producer: StageSpec,
  input: ShuffleInput,
  task: number,
): readonly TaskSpec[] {
  return input.mode === 'task' ? producer.tasks.slice(task, task + 1) : producer.tasks
}

/** A job of about `size` tasks. */
export function randomJob(random: Random, id: JobId, size: number): SimJob {
  const steps: StageSpec[][] = [[]]
  const stages: StageSpec[] = []
  let tasks = 0
  for (let isLast = false; !isLast; ) {
    isLast = tasks + 4 >= size && stages.length > 0
    const left = Math.max(size - tasks - 2, 1)
    const spec = randomStage(random, stages, { isLast, left })
    stages.push(spec)
    tasks += spec.tasks.length
    const open = present(steps.at(-1), 'there is a step')
    if (open.length === 0 || random.chance(0.6)) open.push(spec)
    else steps.push([spec])
  }
  const wrong = random.pick(stages)
  return {
    id,
    steps,
    stages,
    tasks,
    bringsFirstStep: random.chance(0.3),
    pool: random.chance(0.5) ? undefined : random.pick([...pools.keys()]),
    priority: random.pick([0, 0, 0, 1, -1]),
    speculation: random.chance(0.7),
    endsWithClient: random.chance(0.7),
    labels: random.chance(0.2) ? ['host-1'] : [],
    wrongTask: random.chance(0.05) ? `${wrong.stageId}/${random.below(wrong.tasks.length)}` : undefined,
    timeoutMs: random.chance(0.07) ? Math.floor(10 * 1_000 ** random.next()) : undefined,
  }
}

interface StagePlace {
  readonly isLast: boolean
  /** Tasks that the job still lacks. */
  readonly left: number
}

function randomStage(random: Random, earlier: readonly StageSpec[], { isLast, left }: StagePlace): StageSpec {
  const id = earlier.length + 1
  const unread = earlier.filter((spec) => !earlier.some((other) => reads(other, spec.stageId)))
  const isLeaf = earlier.length === 0 || (!isLast && random.chance(0.35))
  const producers = isLeaf ? [] : isLast ? unread : [random.pick(earlier), ...unread.filter(() => random.chance(0.5))]
  const twin = producers.find((spec) => spec.tasks.length <= left && random.chance(0.3))
  const tasks = isLast ? 1 + random.below(4) : twin ? twin.tasks.length : Math.min(1 + random.below(40), left)
  const inputs = [...new Set(producers)].map((producer, index): StageInput => ({
    kind: 'shuffle',
    name: `input_${index}`,
    stageId: producer.stageId,
    mode: randomMode(random, producer, tasks),
    columns: [],
  }))
  if (isLeaf || random.chance(0.15)) inputs.push(scanOf(tasks, random.chance(0.9) ? 'split' : 'all'))
  const output = isLast ? lastOutput(random) : innerOutput(random)
  return stageOf({ id, tasks, inputs, output, indeterminate: random.chance(0.15) })
}

const reads = (spec: StageSpec, stageId: StageId): boolean =>
  spec.inputs.some((input) => input.kind === 'shuffle' && input.stageId === stageId)

function randomMode(random: Random, producer: StageSpec, tasks: number): ShuffleInput['mode'] {
  const modes: ShuffleInput['mode'][] = ['all']
  if (producer.tasks.length === tasks) modes.push('task', 'task')
  if (producer.output.kind === 'hash') modes.push('partition', 'partition')
  return random.pick(modes)
}

const partitions = 16

function innerOutput(random: Random): StageOutput {
  if (random.chance(0.3)) return { kind: 'single' }
  return { kind: 'hash', partitions, isMarked: random.chance(0.4) }
}

const lastOutput = (random: Random): StageOutput =>
  random.chance(0.8) ? { kind: 'result' } : { kind: 'table', directory: '/tables/t' }

function scanOf(files: number, mode: 'split' | 'all'): StageInput {
  return {
    kind: 'scan',
    name: 'scan',
    table: 't',
    reader: { format: 'parquet', options: {}, partitionColumns: [] },
    columns: [],
    // The size stands for the content.
    files: Array.from({ length: files }, (_, file) => ({
      path: `/data/${file}.parquet`, sizeBytes: 100 + file, mtimeNs: '1', footerHash: 'f', rows: 10, rowGroupRows: [10],
    })),
    mode,
  }
}

interface StageParts {
  readonly id: number
  readonly tasks: number
  readonly inputs: readonly StageInput[]
  readonly output: StageOutput
  readonly indeterminate: boolean
}

/** Task n of m reads the partitions p with p % m === n and, when it scans, file n. */
function stageOf({ id, tasks, inputs, output, indeterminate }: StageParts): StageSpec {
  return {
    stageId: id as StageId,
    key: `place ${id}`,
    exchange: output.kind === 'hash' ? 'hash' : output.kind === 'single' ? 'gather' : 'result',
    reason: 'simulated',
    sql: `SELECT ${id}`,
    inputs,
    output,
    columns: [],
    tasks: Array.from({ length: tasks }, (_, task): TaskSpec => ({
      task,
      partitions: Array.from({ length: partitions }, (_unused, p) => p).filter((p) => p % tasks === task),
      splits: { scan: [{ file: task }] },
    })),
    estimatedRows: 10,
    indeterminate,
  }
}
