/** What an operator does with an executor. */
import { assertNever } from '@arbalest/common'
import { beginDraining, cancelWaits, waitForExecutors } from './executor.js'
import type { ExecutorAction } from './executor-action.js'
import { trustAgain } from './set-aside.js'
import type { Executor } from './state.js'
import { record, type Turn } from './turn.js'

export function onOrdered(turn: Turn, executor: Executor, action: ExecutorAction): void {
  if (executor.state === 'lost' || executor.leaving) return
  record(turn, { kind: 'executor-ordered', executorId: executor.id, action })
  turn.state.places += 1
  switch (action) {
    case 'drain':
      noteOrder(executor, action)
      return beginDraining(turn, executor)
    case 'set-aside':
      noteOrder(executor, action)
      return waitForExecutors(turn)
    case 'take-back':
      noteOrder(executor, action)
      trustAgain(turn, executor)
      if (executor.state === 'draining' && !executor.draining) executor.state = 'active'
      return cancelWaits(turn)
  }
  return assertNever(action)
}

/** What is remembered of it, now and over a restart. */
export function noteOrder(executor: Executor, action: ExecutorAction): void {
  switch (action) {
    case 'drain':
      executor.drainsByOrder ||= !executor.draining
      executor.draining = true
      return
    case 'set-aside':
      executor.isCordoned = true
      return
    case 'take-back':
      executor.isCordoned = false
      if (!executor.drainsByOrder) return
      executor.draining = false
      executor.drainsByOrder = false
      return
  }
  return assertNever(action)
}
