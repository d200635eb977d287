/** An event of the scheduler with its effects, as lines of a trace. */
import { type Effect, type JobLogRecord, type SchedulerEvent, timerKey } from '@arbalest/scheduler/testing'
import { shortId } from './world.js'

export function describeTurn(event: SchedulerEvent, effects: readonly Effect[]): string {
  const lines = [`scheduler < ${describeFact(event)}`]
  for (const effect of effects) {
    const text = describeEffect(effect)
    if (text !== '') lines.push(`          > ${text}`)
  }
  return lines.join('\n')
}

function describeFact(fact: SchedulerEvent): string {
  switch (fact.kind) {
    case 'executor-attached': {
      const { executorId, heldOutputs, runningAttempts } = fact.announcement
      const held = `holds ${heldOutputs.map(shortId).join(' ')} runs ${runningAttempts.map(shortId).join(' ')}`
      return `attached ${shortId(executorId)} ${held}`
    }
    case 'executor-ordered':
      return `${fact.kind} ${shortId(fact.executorId)} ${fact.action}`
    case 'executor-detached':
    case 'heartbeat':
    case 'executor-draining':
      return `${fact.kind} ${shortId(fact.executorId)}`
    case 'attempt-updates': {
      const news = fact.updates.map((update) => {
        const news = `${update.kind} ${shortId(update.attemptId)}`
        if (update.kind !== 'failed') return news
        return `${news} ${update.error.code} ${update.lostInputs.map(shortId).join(' ')}`
      })
      return `${shortId(fact.executorId)}: ${news.join(', ')}`
    }
    case 'job-submitted':
    case 'planning-failed':
    case 'cancel-requested':
    case 'client-came':
    case 'client-left':
    case 'result-released':
      return `${fact.kind} ${shortId(fact.jobId)}`
    case 'stages-planned':
      return `${fact.kind} ${shortId(fact.jobId)} stages ${fact.step.stages.map(({ stageId }) => stageId).join(' ')}`
    case 'scheduler-restarted':
      return fact.kind
    case 'timer-fired':
      return `timer ${shortId(timerKey(fact.timer))}`
  }
}

function describeEffect(effect: Effect): string {
  switch (effect.kind) {
    case 'append-log':
      return effect.records.map(describeRecord).filter((text) => text !== '').join(', ')
    case 'launch':
      return `launch on ${shortId(effect.executorId)}: ${effect.attempts.map((a) => shortId(a.attemptId)).join(' ')}`
    case 'cancel-attempts':
      return `cancel on ${shortId(effect.executorId)}: ${effect.attemptIds.map(shortId).join(' ')}`
    case 'forget-job':
      return `forget ${shortId(effect.jobId)} on ${shortId(effect.executorId)}`
    case 'end-stream':
    case 'shut-down':
      return `${effect.kind} ${shortId(effect.executorId)}`
    case 'plan-rest':
      return `plan-rest ${shortId(effect.request.jobId)}`
    case 'stop-planning':
    case 'executor-registered':
    case 'executor-refused':
    case 'start-timer':
    case 'cancel-timer':
    case 'job-changed':
    case 'job-refused':
    case 'job-forgotten':
      return ''
  }
}

function describeRecord(record: JobLogRecord): string {
  switch (record.kind) {
    case 'attempt-ended':
      return `${record.state} ${shortId(record.attemptId)}`
    case 'output-lost':
    case 'output-found':
      return `${record.kind} ${shortId(record.attemptId)}`
    case 'stages-reset':
      return `reset ${shortId(record.jobId)} stages ${record.stageIds.join(' ')}`
    case 'job-planned-anew':
      return `${shortId(record.jobId)} planned anew: ${record.decision.facts}`
    case 'stage-published':
      return `stage ${record.spec.stageId} of ${record.spec.tasks.length}`
    case 'stage-ended':
      return `stage ${record.stageId} ${record.state}`
    case 'job-ended':
      return `${shortId(record.jobId)} ${record.state} ${record.error?.code ?? ''}`
    case 'executor-set-aside':
      return `set aside ${shortId(record.executorId)}: ${record.reason}`
    case 'executor-ordered':
      return `${record.action} ${shortId(record.executorId)}`
    case 'executor-trusted':
      return `trusted ${shortId(record.executorId)}`
    case 'executor-left':
      return `left ${shortId(record.executorId)}: ${record.reason}`
    case 'attempt-opened':
      return record.isTwin === true ? `second attempt ${shortId(record.attemptId)}` : ''
    case 'job-submitted':
    case 'plan-unfolded':
    case 'attempt-replaced':
    case 'attempt-placed':
    case 'result-released':
    case 'result-lost':
    case 'executor-joined':
      return ''
  }
}
