/** Stages: how one is published, when its inputs are there, what was measured, and its state. */
import { present, type StageId } from '@arbalest/common'
import { decodeCounts, type CommittedFile, type ShuffleInput, type StageFacts, type StageSpec } from '@arbalest/plan'
import { isOnExecutor, type Job, type Stage, type StageState, type Task } from './state.js'
import { newTask, openAttempt } from './task.js'
import { record, type Turn } from './turn.js'

export function shuffleInputs(spec: StageSpec): readonly ShuffleInput[] {
  return spec.inputs.filter((input) => input.kind === 'shuffle')
}

/** Adds a stage whose producers are known to the job. Its tasks get their first attempts. */
export function publishStage(turn: Turn, job: Job, spec: StageSpec): Stage {
  const stage = addStage(job, spec)
  for (const task of stage.tasks) openAttempt(turn, job, stage, task)
  const engineFingerprint = turn.state.engineFingerprint ?? ''
  record(turn, { kind: 'stage-published', jobId: job.id, engineFingerprint, spec })
  return stage
}

/** The stage as it begins: its tasks have no attempts yet. */
export function addStage(job: Job, spec: StageSpec): Stage {
  const producers = [...new Set(shuffleInputs(spec).map((input) => input.stageId))]
  const stage: Stage = {
    id: spec.stageId,
    spec,
    tasks: spec.tasks.map(newTask),
    producers,
    consumers: new Set(),
    state: 'waiting',
    missing: spec.tasks.length,
    open: new Set(),
    loads: new Map(),
    files: undefined,
    facts: undefined,
    crashedAloneOn: new Set(),
    generation: 1,
  }
  job.stages.set(stage.id, stage)
  for (const producer of producers) stageOf(job, producer).consumers.add(stage.id)
  return stage
}

export function stageOf(job: Job, id: StageId): Stage {
  return present(job.stages.get(id), `stage ${id} is known when somebody reads it`)
}

/** Whether everything a task reads lies ready somewhere. */
export function inputsThere(job: Job, stage: Stage, task: Task): boolean {
  return shuffleInputs(stage.spec).every((input) => {
    const producer = stageOf(job, input.stageId)
    if (producer.facts === undefined) return false
    if (input.mode === 'task') return producer.tasks[task.spec.task]?.output !== undefined
    return producer.missing === 0
  })
}

/** The tasks of `input`'s stage that `task` reads. */
export function tasksRead(job: Job, input: ShuffleInput, task: Task): readonly Task[] {
  const producer = stageOf(job, input.stageId)
  return input.mode === 'task' ? producer.tasks.slice(task.spec.task, task.spec.task + 1) : producer.tasks
}

/**
 * Whether rows made by this stage, as it is now, may have been seen: an attempt runs or has ended well,
 * even if its output is lost since.
 */
export function hasStarted(stage: Stage): boolean {
  return stage.tasks.some((task) =>
    task.attempts.some(
      (attempt) =>
        attempt.generation === stage.generation &&
        (attempt.report !== undefined || isOnExecutor(attempt)),
    ),
  )
}

/** Brings the stage's state in line with its tasks, and that of its readers with it. */
export function settleStage(turn: Turn, job: Job, stage: Stage): void {
  const next = stateOf(job, stage)
  if (next === stage.state) return
  stage.state = next
  turn.changed.add(job)
  if (next === 'succeeded') onAllDone(turn, job, stage)
  for (const consumer of stage.consumers) settleStage(turn, job, stageOf(job, consumer))
}

export function stateOf(job: Job, stage: Stage): StageState {
  switch (stage.state) {
    case 'failed':
    case 'skipped':
    case 'cancelled':
      return stage.state
    case 'waiting':
    case 'ready':
    case 'running':
    case 'succeeded': {
      // What most events find; the rest looks at every task.
      if (stage.open.size > 0 && stage.missing < stage.tasks.length) return 'running'
      // Outputs that were lost and that nobody needs leave a stage as it is.
      if (stage.tasks.every((task) => task.current === undefined)) {
        return stage.missing === 0 || stage.facts !== undefined ? 'succeeded' : stage.state
      }
      if (stage.tasks.some(({ current, output }) => output || isOnExecutor(current))) return 'running'
      const ready = stage.producers.every((id) => stageOf(job, id).state === 'succeeded')
      return ready ? 'ready' : 'waiting'
    }
  }
}

function onAllDone(turn: Turn, job: Job, stage: Stage): void {
  if (stage.facts === undefined) {
    stage.facts = measure(stage)
    if (!job.planFinished) job.planWanted = true
  }
  record(turn, {
    kind: 'stage-ended',
    jobId: job.id,
    stageId: stage.id,
    state: 'succeeded',
    facts: stage.facts,
  })
}

/**
 * Sums over the tasks; the partitions of `hash` outputs are summed one by one, of marked rows in no order they get
 * even shares.
 */
function measure(stage: Stage): StageFacts {
  const { output } = stage.spec
  const partitions = output.kind === 'hash' ? output.partitions : 0
  const isSorted = output.kind === 'hash' && output.isSorted === true
  const partitionRows = new Array<number>(partitions).fill(0)
  const partitionBytes = new Array<number>(partitions).fill(0)
  let rows = 0
  let bytes = 0
  for (const task of stage.tasks) {
    const report = present(task.output?.report, 'every task of a finished stage has reported')
    rows += report.rows
    bytes += report.bytes
    for (const file of report.files) {
      if (isSorted) addSorted(file, partitionRows, partitionBytes)
      if (isSorted || file.partition >= partitions) continue
      partitionRows[file.partition] = (partitionRows[file.partition] ?? 0) + file.rows
      partitionBytes[file.partition] = (partitionBytes[file.partition] ?? 0) + file.bytes
    }
  }
  if (output.kind === 'hash' && output.isMarked && !isSorted) {
    partitionRows.fill(rows / partitions)
    partitionBytes.fill(bytes / partitions)
  }
  return { rows, bytes, partitionRows, partitionBytes }
}

/** The rows of each partition as they were counted, or evenly where nobody did; the bytes by their share. */
function addSorted(file: CommittedFile, partitionRows: number[], partitionBytes: number[]): void {
  if (file.rows === 0) return
  const counts = file.partitionRows === undefined ? undefined : decodeCounts(file.partitionRows)
  for (const partition of partitionRows.keys()) {
    const rows = counts === undefined ? file.rows / partitionRows.length : (counts[partition] ?? 0)
    partitionRows[partition] = (partitionRows[partition] ?? 0) + rows
    partitionBytes[partition] = (partitionBytes[partition] ?? 0) + (file.bytes * rows) / file.rows
  }
}
