/**
 * A planner whose texts are planned one after the other, as in a planner child: what one statement reads of
 * a table is one version of it, for tables change between statements only.
 */
import type { Planner } from './planner.js'

export function oneAtATime(planner: Planner): Planner {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <Args extends readonly unknown[], T>(call: (...args: Args) => Promise<T>) =>
    (...args: Args): Promise<T> => {
      const next = last.then(() => call(...args))
      last = next.catch(() => undefined)
      return next
    }
  return {
    ...planner,
    putTable: inTurn(planner.putTable),
    dropTable: inTurn(planner.dropTable),
    putView: inTurn(planner.putView),
    dropView: inTurn(planner.dropView),
    prepare: inTurn(planner.prepare),
    writeRows: inTurn(planner.writeRows),
  }
}
