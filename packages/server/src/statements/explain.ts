/**
 * EXPLAIN: the stages as they would run on estimated sizes; with ANALYZE the query runs, and they are shown as
 * they ran.
 */
import { explainLines, type ExplainStatement } from '@arbalest/planner'
import type { ExecuteEvent, StatementResult } from '@arbalest/protocol'
import type { ExplainedQuery } from '../planning/planner.js'
import { textResult } from '../text-result.js'
import { analyzedPlan, type RunFacts } from './explain-analyze.js'
import { explainJson } from './explain-json.js'
import { prepareQuery } from './prepare-query.js'
import { followJob, submitJob } from './run-job.js'
import type { StatementContext } from './statement-context.js'

export async function* runExplain(
  statement: ExplainStatement,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent> {
  // The plan is that of the query itself, not of its rows as text.
  const ofQuery = { ...context, textResult: false, lastCluster: undefined }
  const { prepared, sequences } = await prepareQuery(statement.sql, ofQuery)
  const estimated = await context.planner.explain(prepared, await context.clusterFacts())
  if (!statement.analyze) {
    yield { kind: 'result', result: answer(statement, estimated, undefined) }
    return
  }
  const { scheduler } = context
  const submitted = await submitJob(statement.sql, { prepared, sequences, firstStep: undefined }, context)
  const { jobId } = yield* followJob(submitted, context)
  const details = await scheduler.details(jobId)
  await scheduler.releaseResult(jobId)
  const { plan, run } = analyzedPlan(jobId, details)
  const result = answer(statement, { ...estimated, plan }, run)
  const { mode, modeReason } = plan
  yield { kind: 'result', result: { ...result, jobId, mode, modeReason, stages: plan.stages.length } }
}

function answer(statement: ExplainStatement, explained: ExplainedQuery, run: RunFacts | undefined): StatementResult {
  const { plan, logicalPlan } = explained
  if (statement.format === 'json') {
    return textResult(['plan'], [[JSON.stringify(explainJson(explained, run), undefined, 2)]])
  }
  const logical = statement.verbose && logicalPlan !== undefined
    ? ['logical plan:', ...logicalPlan.trimEnd().split('\n').map((line) => `  ${line}`)]
    : []
  const end = run === undefined ? [] : [`job ${run.jobId} · ${run.rows} rows · ${Math.round(run.elapsedMs)} ms`]
  const lines = [...logical, ...explainLines(plan, statement.verbose), ...end]
  return textResult(['plan'], lines.map((line) => [line]))
}
