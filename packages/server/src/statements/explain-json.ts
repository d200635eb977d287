/** EXPLAIN (FORMAT JSON): the same facts as the text has, for programs. */
import { assertNever, typeName, type Column } from '@arbalest/common'
import type { StageInput, StageSpec } from '@arbalest/plan'
import type { StageOutcome } from '@arbalest/planner'
import type { ExplainedQuery } from '../planning/planner.js'
import type { RunFacts } from './explain-analyze.js'

/** A value for `JSON.stringify`: `run` and each stage's `measured` are there once the query has run. */
export function explainJson({ plan, logicalPlan }: ExplainedQuery, run: RunFacts | undefined) {
  const { mode, modeReason, stages, decisions, decisionsAreOpen, outcomes } = plan
  return {
    mode,
    modeReason,
    logicalPlan: logicalPlan?.trimEnd().split('\n') ?? null,
    stages: stages.map((stage) => stageJson(stage, outcomes?.get(stage.stageId))),
    decisions: decisions.map(({ about, choice, facts }) => ({ about, choice, facts })),
    decisionsAreOpen,
    ...(run === undefined ? {} : { run }),
  }
}

function stageJson(stage: StageSpec, measured: StageOutcome | undefined) {
  const { stageId, key, reason, exchange, sql, inputs, output, columns, tasks, estimatedRows, indeterminate } = stage
  return {
    stage: stageId,
    key,
    reason,
    exchange,
    sql,
    inputs: inputs.map(inputJson),
    output,
    columns: columns.map(columnJson),
    tasks: tasks.length,
    estimatedRows,
    indeterminate,
    ...(measured === undefined ? {} : { measured }),
  }
}

function inputJson(input: StageInput) {
  const { name, mode } = input
  const columns = input.columns.map(columnJson)
  switch (input.kind) {
    case 'scan': {
      const { table, reader, files } = input
      const bytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
      return { kind: input.kind, name, table, format: reader.format, files: files.length, bytes, mode, columns }
    }
    case 'shuffle': return { kind: input.kind, name, stage: input.stageId, mode, columns }
  }
  return assertNever(input)
}

const columnJson = ({ name, type }: Column) => ({ name, type: typeName(type) })
