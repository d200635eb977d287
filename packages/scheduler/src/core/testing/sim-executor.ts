/**
 * An executor as the scheduler may meet it: messages under way in both directions, attempts that really
 * need their inputs, outputs that remember which attempts of indeterminate tasks they were made from.
 */
import { assert, type AttemptId, type JobId, present, queryError } from '@arbalest/common'
import type { AttemptSpec, StageSpec } from '@arbalest/plan'
import type { Effect } from '../effect.js'
import type { AttemptNews, ExecutorAnnouncement, SchedulerFact } from '../event.js'
import type { Random } from './random.js'
import { announcement, executorId, filesOf, reportFor } from './specs.js'

/** For each indeterminate task (`stage/task`) the attempts whose rows are in an output. */
export type Lineage = ReadonlyMap<string, ReadonlySet<AttemptId>>

export type ToExecutor = Effect & {
  kind: 'launch' | 'cancel-attempts' | 'forget-job' | 'shut-down' | 'end-stream'
}

/** Where an executor finds what others wrote. */
export interface SimWorld {
  /** `undefined` when nobody who can be reached has it. */
  outputOf(id: AttemptId): Lineage | undefined
  /** The rows of an output once made, wherever it is now: what an inline copy holds. */
  madeBy(id: AttemptId): Lineage
  remember(id: AttemptId, lineage: Lineage): void
  stageOf(id: AttemptId): { readonly spec: StageSpec; readonly stages: readonly StageSpec[] }
}

export class SimExecutor {
  readonly running = new Map<AttemptId, AttemptSpec>()
  readonly held = new Map<AttemptId, Lineage>()
  readonly fromScheduler: ToExecutor[] = []
  readonly toScheduler: SchedulerFact[] = []
  /** The stream it speaks on; `undefined` while it has none. */
  streamId: number | undefined
  isDraining = false
  readonly letter: string
  readonly slots: number
  private readonly world: SimWorld

  constructor(letter: string, slots: number, world: SimWorld) {
    this.letter = letter
    this.slots = slots
    this.world = world
  }

  announce(): ExecutorAnnouncement {
    const { slots, held, running } = this
    const lists = { heldOutputs: [...held.keys()], runningAttempts: [...running.keys()] }
    // Room for one to three tasks that read eight files.
    const memoryLimitBytes = 800 * (1 + (this.letter.charCodeAt(0) % 3))
    return announcement(this.letter, { slots, memoryLimitBytes, ...lists })
  }

  /** What was under way on a stream is gone with it. */
  loseStream(): void {
    this.streamId = undefined
    this.fromScheduler.length = 0
    this.toScheduler.length = 0
  }

  /** An output goes from its disk, unknown to the scheduler; tells whether there was one. */
  loseFile(random: Random): boolean {
    return this.held.size > 0 && this.held.delete(random.pick([...this.held.keys()]))
  }

  tell(update: AttemptNews): void {
    if (this.streamId === undefined) return
    this.toScheduler.push({
      kind: 'attempt-updates', executorId: executorId(this.letter), updates: [update],
    })
  }

  receive(message: ToExecutor): void {
    switch (message.kind) {
      case 'launch':
        for (const spec of message.attempts) {
          this.running.set(spec.attemptId, spec)
          assert(this.running.size <= this.slots, `${this.letter} is not given more than it can run`)
        }
        return
      case 'cancel-attempts':
        for (const attemptId of message.attemptIds) {
          this.held.delete(attemptId)
          if (this.running.delete(attemptId)) this.tell({ kind: 'cancelled', attemptId })
        }
        return
      case 'forget-job':
        return this.forget(message.jobId)
      case 'shut-down':
      case 'end-stream':
        return
    }
  }

  private forget(jobId: JobId): void {
    for (const id of this.held.keys()) if (id.startsWith(jobId)) this.held.delete(id)
  }

  /** Fetches, computes and commits; or reports what could not be fetched. */
  finish(attemptId: AttemptId): void {
    const spec = present(this.running.get(attemptId), 'it runs')
    this.running.delete(attemptId)
    const { spec: stage, stages } = this.world.stageOf(attemptId)
    checkPieces(stage, stages, spec)
    const made = new Map<string, Set<AttemptId>>()
    const lostInputs: AttemptId[] = []
    for (const input of spec.inputs) {
      for (const piece of input.kind === 'shuffle' ? input.pieces : []) {
        const { attemptId: id, inline } = piece
        const lineage = inline === undefined ? this.fetch(id) : this.world.madeBy(id)
        if (lineage) merge(made, lineage)
        else lostInputs.push(id)
      }
    }
    if (lostInputs.length > 0) return this.fail(attemptId, lostInputs)
    if (stage.indeterminate) merge(made, new Map([[taskOf(attemptId), new Set([attemptId])]]))
    this.held.set(attemptId, made)
    this.world.remember(attemptId, made)
    const isSmall = filesOf(stage.output) === 1 && attemptId.endsWith('1')
    this.tell({ kind: 'succeeded', attemptId, report: reportFor(stage, isSmall ? 'AAAA' : undefined) })
  }

  private fetch(id: AttemptId): Lineage | undefined {
    return this.held.get(id) ?? this.world.outputOf(id)
  }

  private fail(attemptId: AttemptId, lostInputs: readonly AttemptId[]): void {
    const error = queryError('SHUFFLE_FETCH_FAILED', { reason: 'it is gone' }).toWire()
    this.tell({ kind: 'failed', attemptId, error, lostInputs })
  }
}

export function merge(into: Map<string, Set<AttemptId>>, from: Lineage): void {
  for (const [task, ids] of from) into.set(task, new Set([...(into.get(task) ?? []), ...ids]))
}

const taskOf = (id: AttemptId): string => id.split('/').slice(1, 3).join('/')

/** Every file that the task must read is there once, and no other. */
function checkPieces(stage: StageSpec, stages: readonly StageSpec[], spec: AttemptSpec): void {
  const number = Number(spec.attemptId.split('/')[2])
  const task = present(stage.tasks[number], 'the task exists')
  stage.inputs.forEach((input, index) => {
    const sent = spec.inputs[index]
    if (input.kind !== 'shuffle' || sent?.kind !== 'shuffle') return
    const producer = present(stages.find(({ stageId }) => stageId === input.stageId), 'it is published')
    const files = [...Array(filesOf(producer.output)).keys()]
    const isMarked = producer.output.kind === 'hash' && producer.output.isMarked
    const wanted = producer.tasks
      .filter((from) => input.mode !== 'task' || from.task === number)
      .flatMap((from) =>
        files
          .filter((file) => input.mode !== 'partition' || isMarked || task.partitions.includes(file))
          .map((file) => `${input.stageId}/${from.task} ${file}`),
      )
    const got = sent.pieces.map((piece) => `${taskOf(piece.attemptId)} ${piece.file}`)
    const isExact = got.toSorted().join() === wanted.toSorted().join()
    assert(isExact, `${spec.attemptId} reads each of its files once: ${got.join()}`)
  })
}
