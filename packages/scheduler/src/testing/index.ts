/** The scheduler's core for simulations of a whole cluster: its reducer, its state, its laws. */
export type { Effect } from '../core/effect.js'
export type { AttemptNews, ExecutorAnnouncement, SchedulerEvent, SchedulerFact, Timer } from '../core/event.js'
export { timerKey } from '../core/event.js'
export { jobOfRecord, type JobLogRecord } from '../core/job-log.js'
export { reduce } from '../core/reduce.js'
export { replay } from '../core/replay.js'
export {
  type Attempt, type ClusterState, type CoreLimits, createState, findAttempt, isTerminal, type Job, type JobState,
  type Task,
} from '../core/state.js'
export { checkInvariants } from '../core/testing/invariants.js'
export { Random } from '../core/testing/random.js'
export { renumbered, reportFor, stageSpec, submission } from '../core/testing/specs.js'
