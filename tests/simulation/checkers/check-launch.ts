/** A launch names every committed file that its task must read once, and no other, where it can be found. */
import { assert, type AttemptId } from '@arbalest/common'
import type { AttemptInput, AttemptSpec, ShuffleInput } from '@arbalest/plan'
import type { Effect } from '@arbalest/scheduler/testing'
import type { Ledger, LedgerJob } from '../ledger.js'

export function checkLaunch(ledger: Ledger, { executorId, attempts }: Effect & { kind: 'launch' }): void {
  assert(ledger.joined.has(executorId), `attempts go to executors that are there: ${executorId}`)
  for (const spec of attempts) {
    const { job, stage, task } = ledger.place(spec.attemptId)
    const attempt = ledger.attempts.get(spec.attemptId)
    assert(attempt?.executorId === executorId && !attempt.isEnded, `what is launched was placed: ${spec.attemptId}`)
    if (!job || !stage) continue
    stage.spec.inputs.forEach((input, index) => {
      const sent = spec.inputs[index]
      if (input.kind === 'shuffle') checkPieces({ ledger, job, spec }, input, task, sent)
    })
  }
}

interface LaunchScope {
  readonly ledger: Ledger
  readonly job: LedgerJob
  readonly spec: AttemptSpec
}

function checkPieces(
  { ledger, job, spec }: LaunchScope,
  input: ShuffleInput,
  task: number,
  sent: AttemptInput | undefined,
): void {
  const producer = job.stages.get(input.stageId)
  if (!producer || sent?.kind !== 'shuffle') return
  const { output } = producer.spec
  const isWhole = input.mode !== 'partition' || (output.kind === 'hash' && output.isMarked)
  const slice = new Set(spec.slice)
  const wanted = new Set<string>()
  for (const source of input.mode === 'task' ? [task] : producer.outputs.keys()) {
    const id = producer.outputs.get(source)
    const files = (id && ledger.attempts.get(id)?.report?.files) ?? []
    files.forEach(({ partition, rows }, file) => {
      if (rows > 0 && (isWhole || slice.has(partition))) wanted.add(`${id} ${file}`)
    })
  }
  const isComplete = input.mode === 'task' || producer.outputs.size === producer.spec.tasks.length
  assert(isComplete, `${spec.attemptId} starts when all its inputs are there`)
  for (const { attemptId, file, inline, executorId } of sent.pieces) {
    const isWanted = wanted.delete(`${attemptId} ${file}`)
    assert(isWanted, `${spec.attemptId} reads committed files of its own, once: ${describePiece(attemptId, file)}`)
    assert(inline !== undefined || ledger.joined.has(executorId), `${spec.attemptId} is not sent to lost ${attemptId}`)
  }
  assert(wanted.size === 0, `${spec.attemptId} reads all its files: ${[...wanted].join()} is missing`)
}

const describePiece = (id: AttemptId, file: number): string => `file ${file} of ${id}`
