/**
 * Admission by memory: what the tasks of an executor read from earlier stages must fit into its memory together.
 * DuckDB spills what does not, and is slow then, or gives up. A scan streams, and counts for nothing.
 */
import type { ShuffleInput } from '@arbalest/plan'
import { shuffleInputs, stageOf } from './stage.js'
import { type ClusterState, type Executor, findAttempt, type Job, type Stage, type Task } from './state.js'

/** What a value takes in DuckDB's hash tables and sorts, beside its bytes as they were written. */
const bytesOfValue = 8

/** Bytes that a task takes, about; known as soon as its inputs are there, and the same from then on. */
export function memoryOf(job: Job, stage: Stage, task: Task): number {
  return (task.memoryBytes ??= shuffleInputs(stage.spec).reduce((sum, input) => sum + inputBytes(job, input, task), 0))
}

function inputBytes(job: Job, input: ShuffleInput, task: Task): number {
  const producer = stageOf(job, input.stageId)
  const { facts, spec } = producer
  if (facts === undefined) return 0
  const values = (rows: number) => rows * input.columns.length * bytesOfValue
  if (input.mode === 'all') return facts.bytes + values(facts.rows)
  if (input.mode === 'task' || spec.output.kind !== 'hash') {
    return (facts.bytes + values(facts.rows)) / Math.max(spec.tasks.length, 1)
  }
  return task.spec.partitions.reduce((sum, partition) =>
    sum + (facts.partitionBytes[partition] ?? 0) + values(facts.partitionRows[partition] ?? 0), 0)
}

/** Bytes that the attempts of an executor take, those given up too as long as they have not ended. */
export function memoryTaken(state: ClusterState, { busy }: Executor): number {
  let bytes = 0
  for (const id of busy.keys()) {
    const place = findAttempt(state, id)
    if (place) bytes += memoryOf(place.job, place.stage, place.task)
  }
  return bytes
}

/** One attempt may always run, however large: what else should it wait for? */
export const isAdmitted = ({ busy, announcement }: Executor, takenBytes: number, bytes: number): boolean =>
  busy.size === 0 || takenBytes + bytes <= announcement.memoryLimitBytes
