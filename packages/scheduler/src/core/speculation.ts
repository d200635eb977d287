/**
 * A second attempt for a task that takes much longer than its like, elsewhere and only while nobody else wants the
 * slot. Who succeeds first gives the output; the other one is cancelled, and nobody has ever seen its rows: so this
 * is safe for stages too that give other rows each time. Tasks that write a user's files have no second attempt:
 * what a late one leaves would lie among them.
 */
import { present } from '@arbalest/common'
import { preferredFor } from './preferred-executors.js'
import { poolHasRoom } from './fair-share.js'
import { isAdmitted, memoryOf, memoryTaken } from './memory.js'
import { hasRoom, isPlaceable, launch, suspectsOf } from './placement.js'
import { isWanted } from './recovery.js'
import { usableExecutors } from './set-aside.js'
import type { ClusterState, Executor, Job, Stage, Task } from './state.js'
import { addTwin } from './task.js'
import type { Turn } from './turn.js'

/** Looks for stragglers, no more often than the limits say. Linear in the tasks of stages that are half done. */
export function speculate(turn: Turn): void {
  const { state, atMs } = turn
  if (atMs - state.lookedForStragglersMs < state.limits.stragglerCheckMs || state.alone) return
  state.lookedForStragglersMs = atMs
  if (!usableExecutors(state).some((executor) => hasRoom(state, executor))) return
  for (const job of state.live.values()) {
    if (!job.submission.speculation) continue
    for (const stage of job.stages.values()) {
      if (isHalfDone(stage)) for (const task of stragglersOf(turn, job, stage)) giveTwin(turn, job, stage, task)
    }
  }
}

function isHalfDone({ state, spec, open, missing, tasks }: Stage): boolean {
  if (state !== 'running' || open.size > 0 || spec.output.kind === 'table' || spec.output.kind === 'files') return false
  return missing > 0 && missing * 2 <= tasks.length
}

/** Tasks whose attempt has run a multiple of what half of the others needed for as much work. */
function stragglersOf({ state, atMs }: Turn, job: Job, stage: Stage): readonly Task[] {
  const { stragglerMinMs, stragglerTimes } = state.limits
  const paces = stage.tasks.flatMap((task) => {
    const { placedMs, endedMs } = task.output ?? {}
    return placedMs === undefined || endedMs === undefined ? [] : [(endedMs - placedMs) / workOf(job, stage, task)]
  }).toSorted((a, b) => a - b)
  const pace = paces[Math.floor(paces.length / 2)]
  if (pace === undefined) return []
  return stage.tasks.filter((task) => {
    const { current, twin, alone } = task
    if (current?.placedMs === undefined || twin || alone || !isWanted(job, stage, task)) return false
    return atMs - current.placedMs > Math.max(stragglerMinMs, stragglerTimes * pace * workOf(job, stage, task))
  })
}

/** What a task reads, in bytes, about; from 1. */
function workOf(job: Job, stage: Stage, task: Task): number {
  let work = 1 + memoryOf(job, stage, task)
  for (const input of stage.spec.inputs) {
    if (input.kind !== 'scan' || input.mode !== 'split') continue
    for (const { file, range } of task.spec.splits[input.name] ?? []) {
      work += range?.rows ?? input.files[file]?.rows ?? 0
    }
  }
  return work
}

function giveTwin(turn: Turn, job: Job, stage: Stage, task: Task): void {
  const { state } = turn
  const executor = placeFor(state, job, stage, task)
  if (!executor || !poolHasRoom(state, job) || !isPlaceable(suspectsOf(state), job, stage, task)) return
  launch(turn, { job, stage, task, attempt: addTwin(turn, job, stage, task) }, executor)
}

/** Whoever has most free slots, of those that have neither the task nor a failure of it. */
function placeFor(state: ClusterState, job: Job, stage: Stage, task: Task): Executor | undefined {
  const first = present(task.current, 'a straggler runs').executorId
  const bytes = memoryOf(job, stage, task)
  const free = preferredFor(job, usableExecutors(state)).filter((executor) =>
    executor.id !== first && !task.avoid.has(executor.id) && hasRoom(state, executor) &&
    isAdmitted(executor, memoryTaken(state, executor), bytes))
  const freeSlots = ({ announcement, busy }: Executor): number => announcement.slots - busy.size
  return free.toSorted((a, b) => freeSlots(b) - freeSlots(a))[0]
}
