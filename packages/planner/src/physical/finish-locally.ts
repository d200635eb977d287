/**
 * What is left of a plan over few written rows is computed where it is wanted: exchanges and stages of
 * its own would cost more than the work.
 */
import { operatorsOf, transformUp, type Plan } from '@arbalest/plan'
import { isDivided, type Fragment } from './fragment.js'
import { isSameInEveryTask } from './repeatable.js'
import type { UnfoldContext } from './unfold-context.js'

/** Rows that finished stages have written, over all the reads of a fragment. */
const localRowsMax = 20_000
/** Their bytes in the files. */
const localBytesMax = 4 * 1024 * 1024

/**
 * The fragment over undivided reads, when it reads little and no table: replicated where every task comes
 * to the same rows, else in one task. Undefined when it stays as it is.
 */
export function finishLocally(context: UnfoldContext, fragment: Fragment): Fragment | undefined {
  if (!context.settings.finishLocally || !isDivided(fragment)) return undefined
  let rows = 0
  let bytes = 0
  for (const operator of operatorsOf(fragment.plan)) {
    if (operator.kind === 'scan') return undefined
    if (operator.kind !== 'shuffle-read') continue
    const written = context.writtenBy(operator.stageId)
    rows += written.rows
    bytes += written.bytes
  }
  if (rows > localRowsMax || bytes > localBytesMax) return undefined
  const kind = isSameInEveryTask(fragment.plan) ? 'replicated' : 'single'
  const plan = transformUp(fragment.plan, undivided)
  context.decide({ about: `${plan.kind} ${fragment.plan.id}`, choice: 'finish locally', facts: `${rows} rows` })
  return { ...fragment, plan, partitioning: { kind } }
}

/** A read takes everything, and there is no share to pick any more. */
function undivided(plan: Plan): Plan {
  if (plan.kind === 'shuffle-read') return { ...plan, mode: 'all' }
  return plan.kind === 'pick' ? plan.input : plan
}
