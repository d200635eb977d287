/** Two-phase forms of aggregates that pick values: by the greatest of others, or the n greatest. */
import { bigintType, varcharType } from '@arbalest/common'
import { typeOf, type AggregateCall, type Expr } from '@arbalest/plan'
import { aggregate, allOf, call, constant, isNotNull } from './build-expression.js'
import type { SplitAggregate } from './split-form.js'

/** What each picks by, and whether it may pick NULL. */
const picks: Readonly<Record<string, { readonly by: 'min' | 'max'; readonly mayBeNull: boolean }>> = {
  arg_min: { by: 'min', mayBeNull: false },
  argmin: { by: 'min', mayBeNull: false },
  min_by: { by: 'min', mayBeNull: false },
  arg_min_null: { by: 'min', mayBeNull: true },
  arg_max: { by: 'max', mayBeNull: false },
  argmax: { by: 'max', mayBeNull: false },
  max_by: { by: 'max', mayBeNull: false },
  arg_max_null: { by: 'max', mayBeNull: true },
}

/** `arg_max(x, y)`: the x of each task with its y, and the x of the greatest y of all. */
export function splitPick(whole: AggregateCall): SplitAggregate | undefined {
  const pick = picks[whole.name]
  const [picked, by, ...more] = whole.args
  if (pick === undefined || picked === undefined || by === undefined || more.length > 0) return undefined
  const filter = pick.mayBeNull ? whole.filter : allOf([whole.filter, isNotNull(picked)])
  return {
    partials: [whole, aggregate(pick.by, [by], typeOf(by), filter)],
    merge: (column) => aggregate(whole.name, [column(0), column(1)], whole.type),
  }
}

/** `max(x, n)`: the lists of all tasks as one, sorted and cut again. */
export function splitGreatest(whole: AggregateCall): SplitAggregate | undefined {
  const [, count] = whole.args
  if (whole.args.length !== 2 || (whole.name !== 'min' && whole.name !== 'max')) return undefined
  if (count?.kind !== 'constant' || count.value.kind !== 'text' || whole.type.kind !== 'list') return undefined
  const { type } = whole
  const order = constant(whole.name === 'min' ? 'ASC' : 'DESC', varcharType)
  const sorted = (lists: Expr) => call('list_sort', [call('flatten', [lists], type), order], type)
  return {
    partials: [whole],
    merge: (column) => {
      const lists = aggregate('list', [column(0)], { kind: 'list', child: type }, isNotNull(column(0)))
      return call('array_slice', [sorted(lists), constant('1', bigintType), count], type)
    },
  }
}
