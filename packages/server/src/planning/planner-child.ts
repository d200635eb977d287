/** The planner child's main module: answers calls from its parent, and ends with it. */
import { rmSync } from 'node:fs'
import { asQueryError } from '@arbalest/common'
import { onMessages, sendMessage } from '@arbalest/protocol/child-messages'
import { createPlanner } from './planner-host.js'
import type { PlannerCall, PlannerReply } from './planner-calls.js'

/** Holds all files of this process; the parent removes it, unless it has gone first. */
const directory = process.argv[2]
process.on('exit', () => {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
})
process.on('disconnect', () => process.exit(0))
// A parent that went while this module was loaded is not told of any more.
if (!process.connected) process.exit(0)

const planner = await createPlanner()

onMessages<PlannerCall>(process, (call) => {
  void answer(call).then((reply) => sendMessage(process, reply))
})

async function answer({ id, method, args }: PlannerCall): Promise<PlannerReply> {
  try {
    const run = planner[method] as (...args: readonly unknown[]) => Promise<unknown>
    return { id, ok: true, value: await run(...args) }
  } catch (error) {
    return { id, ok: false, error: asQueryError(error).toWire(), isLast: !planner.isUp() }
  }
}
