/** Two states compared in all that a scheduler goes on from. */
import { type ClusterState, isTerminal, type Job, type Stage, type Task } from '../state.js'

export function sameState(a: ClusterState, b: ClusterState): boolean {
  return JSON.stringify(essenceOf(a)) === JSON.stringify(essenceOf(b))
}

/** Without what executors tell anew when they come back: that attempts run, and which of them are given up. */
function essenceOf(state: ClusterState): unknown {
  const { engineFingerprint, executors, jobs, live, ended, endedBytes } = state
  return {
    // Before anything was placed an engine is pinned by who is attached.
    engineFingerprint: [...live.values()].some(hasRun) ? engineFingerprint : undefined,
    executors: [...executors.values()].filter((executor) => executor.state !== 'lost').map(({ id, busy }) => ({
      id, busy: [...busy].flatMap(([attemptId, givenUpMs]) => (givenUpMs === undefined ? [attemptId] : [])).toSorted(),
    })).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    jobs: [...jobs.values()].map(jobEssence),
    live: [...live.keys()],
    ended: [...ended].toSorted(),
    endedBytes,
  }
}

const hasRun = ({ stages }: Job): boolean =>
  [...stages.values()].some(({ tasks }) => tasks.some(({ attempts }) => attempts.some(({ placedMs }) => placedMs)))

function jobEssence(job: Job): unknown {
  const { id, token, submission, submittedMs, state, endedMs, mode, decisions, nextStageId, planFinished } = job
  const { error, result, stages } = job
  const isQueued = state === 'planning' && stages.size === 0
  return {
    id, token, submission, submittedMs, endedMs, mode, decisions, nextStageId, planFinished,
    state: isQueued ? 'queued' : state,
    error: error?.code, result, stages: [...stages.values()].map((stage) => stageEssence(stage, isTerminal(state))),
  }
}

function stageEssence(stage: Stage, isOver: boolean): unknown {
  const { id, spec, state, missing, facts, generation, loads, tasks } = stage
  return {
    id, spec, state, missing, facts, generation,
    loads: [...loads].filter(([, load]) => load > 0).toSorted(),
    tasks: tasks.map((task) => ({ ...taskEssence(task), ...(isOver ? {} : countsOf(task)) })),
  }
}

/** What decides about the next attempt; nobody counts the failure that ended the job. */
const countsOf = ({ failures, losses, recomputations, avoid, alone }: Task): object =>
  ({ failures, losses, recomputations, avoid: [...avoid].toSorted(), alone })

function taskEssence({ attempts, current, twin, output }: Task): object {
  return {
    current: current?.id, twin: twin?.id, output: output?.id,
    attempts: attempts.map(({ id, generation, state, executorId, alone: apart, report, endedMs }) => ({
      id, generation, state: state === 'running' ? 'placed' : state, executorId, apart, report, endedMs,
    })),
  }
}
