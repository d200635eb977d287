/**
 * A planner in this process. Texts are planned one after the other, as in a planner child: what one statement reads
 * of a table is one version of it, for tables change between statements only. One that met a bug of DuckDB's is
 * replaced by another, which learns every table and view again.
 */
import type { Planner } from './planner.js'
import type { PlannerMethod } from './planner-calls.js'
import { rememberTaught } from './remember-taught.js'

/** `create` makes a planner that knows nothing. */
export async function startReplaceable(create: () => Promise<Planner>): Promise<Planner> {
  let current = await create()
  let last: Promise<unknown> = Promise.resolve()
  const callOf = (method: PlannerMethod, args: readonly unknown[]): Promise<unknown> =>
    (current[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args)
  const replace = async (): Promise<void> => {
    const broken = current
    current = await create()
    await broken.close()
    for (const { method, args } of taught.refillCalls()) await callOf(method, args).catch(() => undefined)
  }
  const taught = rememberTaught((method, args) => {
    const call = last.then(async () => {
      if (!current.isUp()) await replace()
      return callOf(method, args)
    })
    last = call.catch(() => undefined)
    return call
  })
  let isOpen = true
  return {
    ...taught.planner,
    isUp: () => isOpen,
    async close() {
      isOpen = false
      await last
      await current.close()
    },
  }
}
