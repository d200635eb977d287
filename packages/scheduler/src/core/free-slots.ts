/**
 * Who may have a free slot. After every event the open tasks are placed, and looking at a thousand executors each
 * time took a third of all: those that are full are left out until an attempt of theirs ends.
 */
import type { AttemptId, ExecutorId } from '@arbalest/common'
import { usableExecutors } from './set-aside.js'
import type { ClusterState, Executor, FreeSlots } from './state.js'

/** As it is now. Linear in the executors after one came, went or changed its standing, else in those not full. */
export function freeSlotsOf(state: ClusterState): FreeSlots {
  if (state.freeSlots?.places !== state.places) state.freeSlots = lookAtAll(state)
  const { order, maybe } = state.freeSlots
  for (const executor of maybe) if (executor.busy.size >= executor.announcement.slots) maybe.delete(executor)
  if (maybe.size > 1) {
    const sorted = [...maybe].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
    maybe.clear()
    for (const executor of sorted) maybe.add(executor)
  }
  return state.freeSlots
}

/** The executor has one attempt less. */
export function endBusy(state: ClusterState, executor: Executor, attemptId: AttemptId): void {
  executor.busy.delete(attemptId)
  if (state.freeSlots?.order.has(executor) === true) state.freeSlots.maybe.add(executor)
}

function lookAtAll(state: ClusterState): FreeSlots {
  const usable = usableExecutors(state)
  const suspects = new Set<ExecutorId>()
  for (const { id, state: its } of state.executors.values()) if (its === 'suspect') suspects.add(id)
  const order = new Map(usable.map((executor, at) => [executor, at]))
  return { places: state.places, order, suspects, maybe: new Set(usable) }
}
