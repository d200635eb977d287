/** Executors: how they join, fall silent, come back, leave and are lost. */
import { type AttemptId, type ExecutorId, type JobId, queryError, type WireError } from '@arbalest/common'
import type { ExecutorAnnouncement, ExecutorVitals } from './event.js'
import { endBusy } from './free-slots.js'
import { onAttemptLost, restore } from './recovery.js'
import { trustAgain } from './set-aside.js'
import { settleStage } from './stage.js'
import { newStanding } from './standing.js'
import {
  activeExecutors, type AttemptPlace, type ClusterState, type Executor, findAttempt, type Job,
  type JobResult, jobIdOf, needsFiles, underWay,
} from './state.js'
import { findOutput, loseOutput, outlivesExecutor } from './task.js'
import { cancelTimer, noteCancel, record, startTimer, type Turn } from './turn.js'

/** A stream opened: a new executor, or a known one that takes up where it was. */
export function onAttached(turn: Turn, streamId: number, announcement: ExecutorAnnouncement): void {
  const { state, effects } = turn
  const { executorId } = announcement
  const error = refusal(state, announcement)
  if (error) {
    effects.push({ kind: 'executor-refused', streamId, error })
    return
  }
  state.engineFingerprint ??= announcement.engineFingerprint
  const known = state.executors.get(executorId)
  const executor = known ?? newExecutor(announcement, streamId)
  if (!known) state.executors.set(executorId, executor)
  executor.announcement = announcement
  state.places += 1
  executor.streamId = streamId
  executor.lastSeenMs = turn.atMs
  executor.state = executor.draining ? 'draining' : 'active'
  effects.push({ kind: 'executor-registered', streamId, executorId })
  cancelTimer(turn, { kind: 'reattach', executorId })
  watchForSilence(turn, executor, state.limits.executorTimeoutMs)
  record(turn, { kind: 'executor-joined', announcement, again: known !== undefined })
  reconcileAttempts(turn, executor)
  reconcileOutputs(turn, executor)
  cancelWaits(turn)
}

/** With an active executor nobody waits for one. */
export function cancelWaits(turn: Turn): void {
  if (activeExecutors(turn.state).length === 0) return
  for (const { id: jobId } of turn.state.live.values()) cancelTimer(turn, { kind: 'no-executor', jobId })
}

function refusal(state: ClusterState, announcement: ExecutorAnnouncement): WireError | undefined {
  const { protocolVersion: theirs, engineFingerprint } = announcement
  if (theirs !== state.protocolVersion && theirs !== state.protocolVersion - 1) {
    return queryError('PROTOCOL_MISMATCH', { theirs, ours: state.protocolVersion }).toWire()
  }
  const ours = state.engineFingerprint
  if (ours === undefined || ours === engineFingerprint) return undefined
  return queryError('FINGERPRINT_MISMATCH', { theirs: engineFingerprint, ours }).toWire()
}

/** Of an executor that only the log knows. */
export const noStream = 0

export function newExecutor(announcement: ExecutorAnnouncement, streamId: number): Executor {
  return {
    id: announcement.executorId,
    announcement,
    state: 'active',
    draining: false,
    drainsByOrder: false,
    isCordoned: false,
    leaving: false,
    streamId,
    lastSeenMs: 0,
    vitals: undefined,
    busy: new Map(),
    standing: newStanding(),
    unreported: new Set(),
  }
}

/** Running attempts on both sides go on; what only one side knows of is ended or tried again. */
function reconcileAttempts(turn: Turn, executor: Executor): void {
  const running = new Set(executor.announcement.runningAttempts)
  const held = new Set(executor.announcement.heldOutputs)
  executor.unreported.clear()
  for (const id of [...executor.busy.keys()]) {
    const place = currentOn(turn.state, executor, id)
    if (running.has(id)) continue
    if (place && held.has(id)) executor.unreported.add(id)
    else if (place) onAttemptLost(turn, place, 'it did not arrive or its end was not reported')
    else endBusy(turn.state, executor, id)
  }
  for (const id of running) {
    if (currentOn(turn.state, executor, id)) continue
    executor.busy.set(id, turn.atMs)
    noteCancel(turn, executor.id, id)
  }
}

function currentOn(state: ClusterState, executor: Executor, id: AttemptId): AttemptPlace | undefined {
  const place = findAttempt(state, id)
  const isHere = place?.attempt.executorId === executor.id
  return isHere && underWay(place.task).includes(place.attempt) ? place : undefined
}

/** Outputs that are still there are taken back; those that are not are lost; those of ended jobs may go. */
function reconcileOutputs(turn: Turn, executor: Executor): void {
  const { state, effects } = turn
  const held = new Set(executor.announcement.heldOutputs)
  const over = new Set<JobId>()
  for (const id of held) {
    const jobId = jobIdOf(id)
    const job = state.jobs.get(jobId)
    const place = findAttempt(state, id)
    if (!job || !needsFiles(job)) over.add(jobId)
    else if (!place) continue
    else if (!state.live.has(jobId)) findResult(turn, place, executor.id)
    else {
      job.executors.add(executor.id)
      if (place.attempt.executorId === executor.id && findOutput(turn, place, executor.id)) {
        settleStage(turn, job, place.stage)
      }
    }
  }
  for (const jobId of over) effects.push({ kind: 'forget-job', executorId: executor.id, jobId })
  loseOutputs(turn, executor, 'the executor came back without it', (id) => !held.has(id))
}

/** A part of a result that was given up is there again. */
function findResult(turn: Turn, { job, attempt }: AttemptPlace, executorId: ExecutorId): void {
  job.executors.add(executorId)
  if (attempt.state !== 'lost' || attempt.executorId !== executorId || !job.result) return
  if (!job.result.parts.some((part) => part.attemptId === attempt.id)) return
  attempt.state = 'succeeded'
  const states = job.result.parts.map((part) => findAttempt(turn.state, part.attemptId)?.attempt.state)
  if (!states.includes('lost')) job.result.lost = undefined
  turn.changed.add(job)
  record(turn, { kind: 'output-found', attemptId: attempt.id, executorId })
}

export function onHeartbeat(turn: Turn, executor: Executor, vitals: ExecutorVitals): void {
  const { state } = turn
  executor.vitals = vitals
  // The reports that broke off with the last stream would have come before this heartbeat.
  for (const id of [...executor.unreported]) {
    const place = currentOn(state, executor, id)
    if (place) onAttemptLost(turn, place, 'its end was not reported')
  }
  executor.unreported.clear()
  const { cancelGraceMs, executorTimeoutMs } = state.limits
  for (const [id, sinceMs] of executor.busy) {
    if (sinceMs !== undefined && turn.atMs - sinceMs > cancelGraceMs + executorTimeoutMs) {
      endBusy(state, executor, id)
    }
  }
}

/** It leaves by itself. */
export function onDraining(turn: Turn, executor: Executor): void {
  executor.drainsByOrder = false
  beginDraining(turn, executor)
}

export function beginDraining(turn: Turn, executor: Executor): void {
  executor.draining = true
  if (executor.state === 'active') executor.state = 'draining'
  turn.state.places += 1
  waitForExecutors(turn)
}

/** Its stream broke: nothing new for it, and it may come back. */
export function onDetached(turn: Turn, executor: Executor): void {
  if (executor.state === 'lost') return
  if (executor.leaving) return onExecutorLost(turn, executor, 'it has left')
  executor.state = 'suspect'
  turn.state.places += 1
  const { id: executorId } = executor
  cancelTimer(turn, { kind: 'silence', executorId })
  const afterMs = turn.state.limits.reattachGraceMs
  startTimer(turn, { kind: 'reattach', executorId }, afterMs)
  waitForExecutors(turn)
}

/** Silence counts from the last message, so the timer is set anew when there was one meanwhile. */
export function onSilenceTimer(turn: Turn, executor: Executor): void {
  if (executor.state !== 'active' && executor.state !== 'draining') return
  const { executorTimeoutMs } = turn.state.limits
  const silentMs = turn.atMs - executor.lastSeenMs
  if (silentMs < executorTimeoutMs) return watchForSilence(turn, executor, executorTimeoutMs - silentMs)
  onExecutorLost(turn, executor, `nothing was heard of it for ${silentMs} ms`)
}

/** The one way in which an executor is given up. Its attempts and needed outputs run again elsewhere. */
export function onExecutorLost(turn: Turn, executor: Executor, reason: string): void {
  if (executor.state === 'lost') return
  const { state, effects } = turn
  const { id: executorId } = executor
  executor.state = 'lost'
  state.places += 1
  cancelTimer(turn, { kind: 'silence', executorId })
  cancelTimer(turn, { kind: 'reattach', executorId })
  effects.push({ kind: 'end-stream', executorId, reason })
  record(turn, { kind: 'executor-left', executorId, reason })
  for (const id of [...executor.busy.keys()]) {
    const place = currentOn(state, executor, id)
    if (place) onAttemptLost(turn, place, reason)
  }
  executor.busy.clear()
  executor.unreported.clear()
  trustAgain(turn, executor)
  loseOutputs(turn, executor, `executor ${executorId} was lost: ${reason}`, () => true)
  waitForExecutors(turn)
  forgetExecutors(state)
}

function loseOutputs(
  turn: Turn,
  executor: Executor,
  reason: string,
  isGone: (id: AttemptId) => boolean,
): void {
  for (const job of turn.state.live.values()) {
    for (const stage of job.stages.values()) {
      for (const task of stage.tasks) {
        const { output } = task
        if (output?.executorId !== executor.id || outlivesExecutor(stage, output)) continue
        if (isGone(output.id)) loseOutput(turn, job, stage, task, reason)
      }
    }
    restore(turn, job)
  }
  for (const jobId of turn.state.ended) {
    const job = turn.state.jobs.get(jobId)
    if (job?.result) loseResult(turn, job, job.result, { executor, reason, isGone })
  }
}

/** Rows of a job that has succeeded are gone: it stays as it is, and its details tell. */
function loseResult(
  turn: Turn,
  job: Job,
  result: JobResult,
  { executor, reason, isGone }: { executor: Executor; reason: string; isGone: (id: AttemptId) => boolean },
): void {
  for (const part of result.parts) {
    if (part.executorId !== executor.id || part.inline !== undefined || !isGone(part.attemptId)) continue
    const attempt = findAttempt(turn.state, part.attemptId)?.attempt
    if (attempt?.state !== 'succeeded') continue
    attempt.state = 'lost'
    result.lost ??= reason
    turn.changed.add(job)
    record(turn, { kind: 'result-lost', jobId: job.id, attemptId: part.attemptId, reason })
  }
}

/** Without any active executor the live jobs wait, but not for ever. */
export function waitForExecutors(turn: Turn): void {
  const { state } = turn
  if (activeExecutors(state).length > 0) return
  const afterMs = state.limits.noExecutorGraceMs
  for (const { id: jobId } of state.live.values()) {
    startTimer(turn, { kind: 'no-executor', jobId }, afterMs)
  }
}

function watchForSilence(turn: Turn, { id: executorId }: Executor, afterMs: number): void {
  startTimer(turn, { kind: 'silence', executorId }, afterMs)
}

/** Lost executors beyond the number kept go, oldest first, and with the last one the pinned engine. */
export function forgetExecutors(state: ClusterState): void {
  const lost = [...state.executors.values()].filter((executor) => executor.state === 'lost')
  for (const { id } of lost.slice(0, Math.max(lost.length - state.limits.lostExecutorsKept, 0))) {
    state.executors.delete(id)
  }
}

/**
 * With no executor and no published stage left, the next engine to come may be another one. Executors that only the
 * log knows may have been replaced, engine and all, before the scheduler came back.
 */
export function releaseFingerprint(state: ClusterState): void {
  for (const { state: its, streamId } of state.executors.values()) if (its !== 'lost' && streamId !== noStream) return
  for (const job of state.live.values()) if (job.stages.size > 0) return
  state.engineFingerprint = undefined
}

/** Sends those home that wanted to leave and of whom nothing is needed any more. */
export function dismissDrained(turn: Turn): void {
  const { state, effects } = turn
  for (const executor of state.executors.values()) {
    if (executor.state !== 'draining' || executor.leaving || executor.busy.size > 0) continue
    if (isNeeded(state, executor)) continue
    executor.leaving = true
    effects.push({ kind: 'shut-down', executorId: executor.id })
  }
}

function isNeeded(state: ClusterState, { id }: Executor): boolean {
  for (const job of state.jobs.values()) {
    if (!job.executors.has(id)) continue
    if (job.result) {
      const { parts } = job.result
      if (parts.some((part) => part.executorId === id && part.inline === undefined)) return true
    } else if (state.live.has(job.id)) {
      for (const stage of job.stages.values()) {
        const holds = stage.tasks.some(
          ({ output }) => output?.executorId === id && !outlivesExecutor(stage, output),
        )
        if (holds) return true
      }
    }
  }
  return false
}
