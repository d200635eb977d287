/** Laws of log records, against what was recorded before: one commit a task, ends that stay, no needless work. */
import { assert, type AttemptId } from '@arbalest/common'
import { isLastOutput } from '@arbalest/plan'
import type { JobLogRecord } from '@arbalest/scheduler/testing'
import type { Ledger, LedgerJob, LedgerStage } from '../ledger.js'

export function checkRecord(ledger: Ledger, record: JobLogRecord): void {
  switch (record.kind) {
    case 'stage-published': {
      const job = ledger.jobs.get(record.jobId)
      assert(job?.end === undefined, `ends are final: stage ${record.spec.stageId} of an ended job is published`)
      assert(!job?.stages.has(record.spec.stageId), `published once: stage ${record.spec.stageId}`)
      return
    }
    case 'attempt-placed':
      checkTwin(ledger, record)
      return checkPlaced(ledger, record.attemptId)
    case 'attempt-ended': {
      const { attemptId, state } = record
      assert(ledger.attempts.get(attemptId)?.isEnded !== true, `ends are final: ${attemptId} ends again`)
      if (state === 'succeeded') checkCommit(ledger, attemptId)
      return
    }
    case 'output-lost': {
      const { stage, task } = ledger.place(record.attemptId)
      assert(stage?.outputs.get(task) === record.attemptId, `only an output can be lost: ${record.attemptId}`)
      return
    }
    case 'output-found':
      if (ledger.place(record.attemptId).job?.end === undefined) checkCommit(ledger, record.attemptId)
      return
    case 'job-ended':
      assert(ledger.jobs.get(record.jobId)?.end === undefined, `ends are final: ${record.jobId} ends again`)
      return
    case 'job-submitted':
      assert(!ledger.jobs.has(record.jobId), `${record.jobId} is submitted once`)
      return
    case 'job-planned-anew':
      assert(ledger.jobs.get(record.jobId)?.end === undefined, `ends are final: ${record.jobId} is planned anew`)
      return
    case 'plan-unfolded':
    case 'attempt-opened':
    case 'attempt-replaced':
    case 'stage-ended':
    case 'stages-reset':
    case 'result-released':
    case 'result-lost':
    case 'executor-joined':
    case 'executor-left':
    case 'executor-set-aside':
    case 'executor-trusted':
    case 'executor-ordered':
      return
  }
}

function checkCommit(ledger: Ledger, id: AttemptId): void {
  const { job, stage, task } = ledger.place(id)
  assert(job !== undefined && job.end === undefined, `nothing is committed for an ended job: ${id}`)
  assert(stage?.outputs.has(task) === false, `one attempt commits a task: ${id} beside ${stage?.outputs.get(task)}`)
}

function checkPlaced(ledger: Ledger, id: AttemptId): void {
  const { job, stage, task } = ledger.place(id)
  assert(job !== undefined && job.end === undefined, `nothing is launched for an ended job: ${id}`)
  assert(!ledger.attempts.has(id), `an attempt is placed once: ${id}`)
  assert(stage?.outputs.has(task) === false, `work is repeated only when it was lost: ${id}`)
  if (stage === undefined || !stage.hasSucceeded) return
  assert(isNeeded(job, stage, task), `work is repeated only when it is needed: ${id}`)
}

/** A task has one attempt, or a second one elsewhere, and never one that may leave its files to a user. */
function checkTwin(ledger: Ledger, { attemptId, executorId }: JobLogRecord & { kind: 'attempt-placed' }): void {
  const { stage } = ledger.place(attemptId)
  const [prefix, number] = [attemptId.slice(0, attemptId.lastIndexOf('/')), Number(attemptId.split('/').at(-1))]
  const others = Array.from({ length: number - 1 }, (_, before) => `${prefix}/${before + 1}` as AttemptId)
    .map((id) => ledger.attempts.get(id)).filter((other) => other?.isEnded === false)
  assert(others.length <= 1, `a task has two attempts at most: ${attemptId}`)
  const isSafe = stage?.spec.output.kind !== 'table' || others.length === 0
  assert(isSafe, `who writes the files of a table is alone: ${attemptId}`)
  for (const other of others) assert(other?.executorId !== executorId, `a second attempt is elsewhere: ${attemptId}`)
}

/** Whether a task's rows are still to be read by somebody without an output. */
function isNeeded(job: LedgerJob, stage: LedgerStage, task: number): boolean {
  if (isLastOutput(stage.spec.output) || !stage.hasSucceeded) return true
  return stage.readers.some((reader) =>
    reader.spec.inputs.some((input) => {
      if (input.kind !== 'shuffle' || input.stageId !== stage.spec.stageId) return false
      const readers = input.mode === 'task' ? reader.spec.tasks.slice(task, task + 1) : reader.spec.tasks
      return readers.some(({ task: own }) => !reader.outputs.has(own) && isNeeded(job, reader, own))
    }),
  )
}
