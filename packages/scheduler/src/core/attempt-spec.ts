/** What an executor is sent for one attempt: the stage's SQL with the files and pieces of this task. */
import { type ExecutorId, present } from '@arbalest/common'
import type {
  AttemptInput, AttemptSpec, CommittedFile, ScanInput, ShuffleInput, ShufflePiece,
} from '@arbalest/plan'
import { shuffleInputs, stageOf, tasksRead } from './stage.js'
import type {
  AttemptPlace, ClusterState, Executor, Job, OutputFile, SharedPieces, Stage, StageFiles, Task,
} from './state.js'

export interface BuiltAttempt {
  readonly spec: AttemptSpec
  /** Base64 characters of the pieces that travel inside, without those of shared lists. */
  readonly inlineBytes: number
  /** Bytes of pieces that lie on the executor already, and of all pieces. */
  readonly localBytes: number
  readonly shuffleBytes: number
}

/** Builds the message for an attempt whose inputs are there, to be run by `target`. */
export function buildAttempt(state: ClusterState, place: AttemptPlace, target: Executor): BuiltAttempt {
  const { job, stage, task, attempt } = place
  const tally = { inlineBytes: 0, localBytes: 0, shuffleBytes: 0 }
  const inputs = stage.spec.inputs.map((input): AttemptInput => {
    if (input.kind === 'scan') return scanFiles(input, task)
    const { name, columns } = input
    const shared = sharedPieces(state, job, input)
    if (shared) {
      const { pieces, name: list } = shared
      tally.shuffleBytes += shared.bytes
      tally.localBytes += filesOfStage(stageOf(job, input.stageId)).bytesByExecutor.get(target.id) ?? 0
      return { kind: 'shuffle', name, columns, pieces, list, ...onlyOf(job, input, task) }
    }
    const pieces = piecesOf(job, input, task).map((piece) => {
      tally.shuffleBytes += piece.bytes
      if (piece.output.executorId === target.id) tally.localBytes += piece.bytes
      return locate(state, piece, target.id, tally)
    })
    return { kind: 'shuffle', name, columns, pieces, ...onlyOf(job, input, task) }
  })
  const { sql, alternative, prelude, output, columns } = stage.spec
  const { settings, compression } = job.submission
  const spec: AttemptSpec = {
    attemptId: attempt.id,
    sql,
    ...(alternative === undefined ? {} : { alternative }),
    ...(prelude === undefined ? {} : { prelude }),
    inputs,
    slice: task.spec.partitions,
    output,
    columns,
    settings,
    compression,
    checksum: hasOtherHost(state, target),
  }
  return { spec, ...tally }
}

function hasOtherHost(state: ClusterState, target: Executor): boolean {
  for (const { state: its, announcement } of state.executors.values()) {
    if (its !== 'lost' && announcement.host !== target.announcement.host) return true
  }
  return false
}

/** Bytes of a task's input by the executor they lie on; what travels inline lies nowhere. */
export function inputBytesByExecutor(job: Job, { stage, task }: AttemptPlace): ReadonlyMap<ExecutorId, number> {
  const inputs = shuffleInputs(stage.spec)
  const [first, second] = inputs
  if (first && !second && readsWhole(job, first)) return filesOfStage(stageOf(job, first.stageId)).bytesByExecutor
  const bytes = new Map<ExecutorId, number>()
  for (const input of inputs) for (const piece of piecesOf(job, input, task)) addBytes(bytes, piece)
  return bytes
}

function addBytes(sums: Map<ExecutorId, number>, { output, report, bytes }: OutputFile): void {
  const { executorId } = output
  if (executorId === undefined || report.inline !== undefined) return
  sums.set(executorId, (sums.get(executorId) ?? 0) + bytes)
}

function scanFiles(input: ScanInput, task: Task): AttemptInput {
  const { name, reader, columns, files } = input
  const splits =
    input.mode === 'all'
      ? files.map((file) => ({ file: identityOf(file) }))
      : (task.spec.splits[name] ?? []).map(({ file, ...piece }) => ({
          file: identityOf(present(files[file], `split ${file} of ${name} names a file of the input`)),
          ...piece,
        }))
  return { kind: 'files', name, reader, columns, splits }
}

/** Row counts and row groups stay behind: an executor only checks the identity. */
function identityOf({ path, sizeBytes, mtimeNs, footerHash }: ScanInput['files'][number]) {
  return { path, sizeBytes, mtimeNs, footerHash }
}

/** Which of the rows are the task's, where a file holds those of others too. */
function onlyOf(job: Job, input: ShuffleInput, task: Task): { readonly only?: readonly number[] } {
  const { output } = stageOf(job, input.stageId).spec
  const { partitions } = task.spec
  const isShare = output.kind === 'hash' && output.isMarked && partitions.length < output.partitions
  return isShare && input.mode === 'partition' ? { only: partitions } : {}
}

/** The files with rows that a task reads from an earlier stage. */
function piecesOf(job: Job, input: ShuffleInput, task: Task): readonly OutputFile[] {
  if (input.mode === 'task') return tasksRead(job, input, task).flatMap((from) => filesOf(from))
  const files = filesOfStage(stageOf(job, input.stageId))
  if (readsWhole(job, input)) return files.all
  return task.spec.partitions.flatMap((partition) => files.byPartition[partition] ?? [])
}

/** Whether every task of the reader opens every file. */
function readsWhole(job: Job, { stageId, mode }: ShuffleInput): boolean {
  const { output } = stageOf(job, stageId).spec
  return mode === 'all' || (mode === 'partition' && output.kind === 'hash' && output.isMarked)
}

/** Linear in the files of the stage; done once for all its readers. */
function filesOfStage(stage: Stage): StageFiles {
  return (stage.files ??= gather(stage))
}

function gather(stage: Stage): StageFiles {
  const { output } = stage.spec
  const count = output.kind === 'hash' ? output.partitions : 1
  const byPartition = Array.from({ length: count }, (): OutputFile[] => [])
  const bytesByExecutor = new Map<ExecutorId, number>()
  const all = stage.tasks.flatMap((task) => filesOf(task))
  for (const piece of all) {
    const { partition } = present(piece.report.files[piece.file], 'a piece is a file of its report')
    byPartition[partition]?.push(piece)
    addBytes(bytesByExecutor, piece)
  }
  return { all, byPartition, bytesByExecutor, shared: undefined }
}

function filesOf(task: Task): readonly OutputFile[] {
  const output = present(task.output, 'a reader is built when all its inputs are there')
  const report = present(output.report, 'a finished attempt has reported')
  return report.files.flatMap(({ rows, bytes }, file) => (rows === 0 ? [] : [{ output, report, file, rows, bytes }]))
}

/**
 * The pieces of an input of which every reader reads all, made once for them when they are many: naming them for each
 * takes readers times pieces. An executor's own small outputs come inline here too.
 */
function sharedPieces(state: ClusterState, job: Job, input: ShuffleInput): SharedPieces | undefined {
  if (!readsWhole(job, input)) return undefined
  const files = filesOfStage(stageOf(job, input.stageId))
  if (files.all.length < state.limits.sharedPiecesMin) return undefined
  if (files.shared?.places === state.places) return files.shared
  state.listsMade += 1
  const tally = { inlineBytes: 0 }
  const pieces = files.all.map((piece) => locate(state, piece, undefined, tally))
  const bytes = files.all.reduce((sum, piece) => sum + piece.bytes, 0)
  files.shared = { name: `${input.stageId}.${state.listsMade}`, places: state.places, pieces, bytes }
  return files.shared
}

/**
 * Where a piece is. An inline copy goes along when it fits, and in any case when there is nobody left
 * to fetch it from.
 */
function locate(
  state: ClusterState,
  { output, report, file, rows, bytes }: OutputFile,
  target: ExecutorId | undefined,
  tally: { inlineBytes: number },
): ShufflePiece {
  const executorId = present(output.executorId, 'a finished attempt had a place')
  const owner = state.executors.get(executorId)
  const unreachable = owner === undefined || owner.state === 'lost' || owner.state === 'suspect'
  const size = report.inline?.length ?? 0
  const fits = executorId !== target && tally.inlineBytes + size <= state.limits.inlineInputBytesMax
  const inline = unreachable || output.inlineAlways || fits ? report.inline : undefined
  if (inline !== undefined) tally.inlineBytes += size
  const crc32 = report.files[file]?.crc32
  const behind = report.files[file]?.partitionRows === undefined ? undefined : report.files[file + 1]
  return {
    executorId,
    host: owner?.announcement.host ?? '',
    port: owner?.announcement.port ?? 0,
    attemptId: output.id,
    file,
    rows,
    bytes,
    ...(crc32 === undefined ? {} : { crc32 }),
    ...(inline === undefined ? {} : { inline }),
    ...(behind === undefined ? {} : { index: indexOf(behind) }),
    ...(report.store === undefined ? {} : { store: report.store }),
  }
}

const indexOf = ({ bytes, crc32 }: CommittedFile): ShufflePiece['index'] =>
  ({ bytes, ...(crc32 === undefined ? {} : { crc32 }) })
