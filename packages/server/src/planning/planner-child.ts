/** The planner child's main module: answers calls from its parent, and ends with it. */
import { asQueryError } from '@arbalest/common'
import { createPlanner } from './planner-host.js'
import type { PlannerCall, PlannerReply } from './planner-calls.js'

const planner = await createPlanner()

process.on('disconnect', () => process.exit(0))
process.on('message', (call: PlannerCall) => {
  void answer(call).then((reply) => process.send?.(reply))
})

async function answer({ id, method, args }: PlannerCall): Promise<PlannerReply> {
  try {
    const run = planner[method] as (...args: readonly unknown[]) => Promise<unknown>
    return { id, ok: true, value: await run(...args) }
  } catch (error) {
    return { id, ok: false, error: asQueryError(error).toWire() }
  }
}
