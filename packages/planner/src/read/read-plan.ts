/** DuckDB's plan JSON -> our logical plan. The way in; operators are read by `read-operator.ts`. */
import type { Plan } from '@arbalest/plan'
import { wholeParts } from '../undivided.js'
import { asList, asObject } from './json-value.js'
import { readOperator } from './read-operator.js'
import { ReadState, type ReadContext } from './read-state.js'
import { unreadable } from './unreadable-plan.js'

/**
 * Reads what `json_serialize_plan(sql)` gave, as `parseDuckdbJson` parsed it: one statement.
 *
 * Throws `UnreadablePlan` for whatever it does not know; the query then runs whole.
 */
export function readPlan(json: unknown, context: ReadContext): Plan {
  const told = asObject(json, 'plan')
  if (told['error'] === true) return unreadable(wholeParts.untold.reason)
  const plans = asList(told['plans'], 'plan')
  if (plans.length !== 1) return unreadable('several statements')
  return readOperator(new ReadState(context), plans[0])
}
