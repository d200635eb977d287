/**
 * Which query crashes engines. One that does so whenever it runs must not take down one engine after the other: a
 * crash alone is proof, and so are the crashes of two engines in which nobody else had anything, before any task of
 * the stage has succeeded.
 */
import { type AttemptPlace, type ClusterState, findAttempt, jobIdOf, type Stage } from './state.js'

/** Whether an engine that has crashed ran attempts of this job alone. */
export function crashedAlone(state: ClusterState, { job, attempt }: AttemptPlace): boolean {
  const executor = attempt.executorId && state.executors.get(attempt.executorId)
  if (!executor || attempt.isBesideCrash) return false
  const ids = [...executor.busy.keys()]
  if (ids.every((id) => jobIdOf(id) === job.id)) return true
  // Of the same crash the others tell later, when this one is not among them any more.
  for (const id of ids) {
    const beside = findAttempt(state, id)
    if (beside) beside.attempt.isBesideCrash = true
  }
  return false
}

export const isPoison = ({ crashedAloneOn, missing, tasks }: Stage): boolean =>
  crashedAloneOn.size > 1 && missing === tasks.length
