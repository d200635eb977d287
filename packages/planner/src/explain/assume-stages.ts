/** EXPLAIN's unfolding: every stage is taken to give what was estimated, so that the next ones can be shown. */
import type { StageId } from '@arbalest/common'
import type { ClusterFacts, Decision, PreparedQuery, PublishedStage, StageFacts, StageSpec } from '@arbalest/plan'
import { unfold } from '../unfold.js'

export interface AssumedPlan {
  readonly mode: 'whole' | 'distributed'
  readonly modeReason: string
  readonly stages: readonly StageSpec[]
  /** Choices as the estimates make them; on the cluster the true sizes decide. */
  readonly openChoices: readonly Decision[]
}

/** No query has more exchanges than operators, and operators are limited. */
const stepsMax = 10_000

export function assumeStages(query: PreparedQuery, cluster: ClusterFacts): AssumedPlan {
  const published: PublishedStage[] = []
  const stages: StageSpec[] = []
  let openChoices: readonly Decision[] = []
  let first: { readonly mode: AssumedPlan['mode']; readonly modeReason: string } | undefined
  for (let step = 0; step < stepsMax; step++) {
    const next = unfold(query, { cluster, published, nextStageId: (stages.length + 1) as StageId })
    first ??= { mode: next.mode, modeReason: next.modeReason }
    openChoices = next.decisions
    for (const stage of next.stages) {
      stages.push(stage)
      published.push({ stageId: stage.stageId, key: stage.key, facts: assumedFacts(stage) })
    }
    if (next.finished || next.stages.length === 0) break
  }
  return { mode: first?.mode ?? 'whole', modeReason: first?.modeReason ?? '', stages, openChoices }
}

function assumedFacts(stage: StageSpec): StageFacts {
  // An estimate of none is no reason to take a side for empty.
  const rows = Math.max(1, stage.estimatedRows)
  const partitions = stage.output.kind === 'hash' ? stage.output.partitions : 0
  const share = partitions === 0 ? 0 : rows / partitions
  const rowBytes = 8 * Math.max(1, stage.columns.length)
  return {
    rows,
    bytes: rows * rowBytes,
    partitionRows: Array.from({ length: partitions }, () => share),
    partitionBytes: Array.from({ length: partitions }, () => share * rowBytes),
  }
}
