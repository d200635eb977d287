/** A window function call with its partitions, order and frame. */
import type { Expr, FrameBound, SortOrder, WindowCall } from '@arbalest/plan'
import { functionName } from './function-name.js'
import { orderItem } from './order-item.js'

export function renderWindowCall(call: WindowCall, render: (expr: Expr) => string): string {
  const orders = (items: readonly SortOrder[]) =>
    items.length === 0 ? [] : [`ORDER BY ${items.map((item) => orderItem(item, render(item.expr))).join(', ')}`]
  const args = [
    ...(call.distinct ? ['DISTINCT'] : []),
    ...(call.args.length > 0 ? [call.args.map(render).join(', ')] : []),
    ...orders(call.argOrders),
    ...(call.ignoreNulls ? ['IGNORE NULLS'] : []),
  ].join(' ')
  const countsRows = call.args.length === 0 && call.name === 'count'
  const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${render(call.filter)})`
  const over = [
    ...(call.partitions.length > 0 ? [`PARTITION BY ${call.partitions.map(render).join(', ')}`] : []),
    ...orders(call.orders),
    ...renderFrame(call.frame, render),
  ].join(' ')
  return `${functionName(call.name)}(${countsRows ? '*' : args})${filter} OVER (${over})`
}

/** Nothing for the frame that SQL takes when none is said. */
function renderFrame(frame: WindowCall['frame'], render: (expr: Expr) => string): readonly string[] {
  const isDefault =
    frame.unit === 'RANGE' &&
    frame.start.kind === 'unbounded-preceding' &&
    frame.end.kind === 'current-row' &&
    frame.exclude === 'none'
  if (isDefault) return []
  const exclude = frame.exclude === 'none' ? '' : ` EXCLUDE ${frame.exclude.toUpperCase().replace('-', ' ')}`
  const bounds = `${renderBound(frame.start, render)} AND ${renderBound(frame.end, render)}`
  return [`${frame.unit} BETWEEN ${bounds}${exclude}`]
}

const renderBound = (bound: FrameBound, render: (expr: Expr) => string): string =>
  'offset' in bound
    ? `${render(bound.offset)} ${bound.kind.toUpperCase()}`
    : bound.kind.toUpperCase().replace('-', ' ')
