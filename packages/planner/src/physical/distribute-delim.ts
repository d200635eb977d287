/** The sides of a decorrelated subquery: one is written, and its distinct keys feed the other. */
import { present } from '@arbalest/common'
import { typeOf, type Distinct, type Expr, type Join, type Plan, type Project } from '@arbalest/plan'
import { materialize, repartition } from './exchange.js'
import { emptyFragment, hasNoRows } from './fold-empty.js'
import { isDivided, keysWithin, movePartitioning, type Distributed, type Fragment } from './fragment.js'
import { keyColumn } from './key-columns.js'
import { isRepeatable } from './repeatable.js'
import type { UnfoldContext } from './unfold-context.js'

type Distribute = (plan: Plan, context: UnfoldContext) => Distributed

/** The source side first; its distinct keys are what the other side's delim scans read. */
export function distributeDelimSides(
  plan: Join,
  context: UnfoldContext,
  distribute: Distribute,
): 'pending' | { readonly left: Distributed; readonly right: Distributed } {
  const delim = present(plan.delim, 'called for delim joins only')
  const source = distribute(delim.source === 'left' ? plan.left : plan.right, context)
  if (source === 'pending') return source
  const written = writeDelimSource(plan.id, source, delim.keys, context)
  if (written === 'pending') return written
  context.delims.set(delim.delimId, distinctKeys(written, delim.keys, context))
  const other = distribute(delim.source === 'left' ? plan.right : plan.left, context)
  return delim.source === 'left' ? { left: written, right: other } : { left: other, right: written }
}

function writeDelimSource(
  id: number,
  source: Fragment,
  keys: readonly Expr[],
  context: UnfoldContext,
): Distributed {
  const small = source.partitioning.kind === 'replicated' && source.rows < 1_000
  if (small && isRepeatable(source.plan)) return source
  const columns = new Set(keys.flatMap((key) => keyColumn(key) ?? []))
  const reason = 'rows whose keys a subquery reads'
  if (isDivided(source) && !keysWithin(source.partitioning, columns)) {
    return repartition(context, source, keys, { key: `${id}:delim`, reason })
  }
  return materialize(context, source, { key: `${id}:delim`, exchange: 'materialize', reason })
}

function distinctKeys(source: Fragment, keys: readonly Expr[], context: UnfoldContext): Fragment {
  const types = keys.map(typeOf)
  const live = keys.map((_, index) => index)
  if (hasNoRows(source.plan)) return emptyFragment({ id: context.freshId(), types, live })
  const project: Project = { kind: 'project', id: context.freshId(), types, live, input: source.plan, exprs: keys }
  const id = context.freshId()
  const plan: Distinct = { kind: 'distinct', id, types, live, input: project, on: undefined, orders: [] }
  const outputsOf = (column: number) => keys.flatMap((key, index) => (keyColumn(key) === column ? [index] : []))
  const partitioning = movePartitioning(source.partitioning, outputsOf)
  return { plan, partitioning, rows: source.rows / 2, domainRows: source.domainRows }
}
