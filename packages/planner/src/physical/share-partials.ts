/** Partial columns of several calls, each kind once: `sum(x)` serves both `sum(x)` and `avg(x)`. */
import type { AggregateCall } from '@arbalest/plan'
import type { SplitAggregate } from './split-form.js'

/** The partials of all, and for each call, by its position, where its own stand among them. */
export function sharePartials(split: ReadonlyMap<number, SplitAggregate>) {
  const partials: AggregateCall[] = []
  const texts: string[] = []
  const places = new Map<number, readonly number[]>()
  for (const [index, form] of split) {
    const at = form.partials.map((partial) => {
      const text = JSON.stringify(partial)
      const known = texts.indexOf(text)
      if (known >= 0) return known
      texts.push(text)
      return partials.push(partial) - 1
    })
    places.set(index, at)
  }
  return { partials, places }
}
