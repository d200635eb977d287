/**
 * Two-phase forms: how an aggregate is made of partial values, one for each task, and their merge.
 *
 * Sources of the rules: sums and counts add up; extremes and bit and truth operations are their own
 * merge; an average is a sum by a count; for picks and variances see the files beside this one. Whatever
 * is not listed is computed over all rows of its group at once.
 */
import { bigintType, decimalType, doubleType, hugeintType, isInteger, type DataType } from '@arbalest/common'
import { typeOf, type AggregateCall } from '@arbalest/plan'
import { aggregate, cast, constant } from './build-expression.js'
import type { SplitAggregate } from './split-form.js'
import { splitMoments } from './split-moments.js'
import { splitGreatest, splitPick } from './split-picks.js'

const sameFunctionTwice = new Set([
  'min', 'max', 'bool_and', 'bool_or', 'bit_and', 'bit_or', 'bit_xor', 'product', 'fsum', 'sumkahan', 'kahan_sum',
])
/** DISTINCT changes nothing for these. */
const distinctIsIdle = new Set(['min', 'max', 'bool_and', 'bool_or', 'bit_and', 'bit_or'])

/** The two-phase form of a call, or undefined when it has none. */
export function splitAggregate(call: AggregateCall): SplitAggregate | undefined {
  if (call.orders.length > 0) return undefined
  if (call.distinct && !distinctIsIdle.has(call.name)) return undefined
  if (call.name === 'count' || call.name === 'regr_count') return splitCount(call)
  // `count_if` is a sum: NULL where no argument is known.
  if (call.name === 'sum' || call.name === 'count_if') return splitSum(call)
  if (call.name === 'avg') return splitAverage(call)
  if (sameFunctionTwice.has(call.name)) return call.args.length === 1 ? repeat(call) : splitGreatest(call)
  if (['first', 'last', 'any_value', 'arbitrary'].includes(call.name)) return splitFirst(call)
  return splitPick(call) ?? splitMoments(call)
}

function repeat(call: AggregateCall): SplitAggregate {
  return {
    partials: [call],
    merge: (column) => aggregate(call.name, [column(0)], call.type),
  }
}

/** No rows at all give no partial rows in a grouped query and NULL sums in an ungrouped one: 0 either way. */
function splitCount(call: AggregateCall): SplitAggregate {
  return {
    partials: [call],
    merge: (column) =>
      cast(
        {
          kind: 'operator',
          operator: 'coalesce',
          args: [aggregate('sum', [column(0)], hugeintType), constant('0', hugeintType)],
          type: hugeintType,
        },
        call.type,
      ),
  }
}

function splitSum(call: AggregateCall): SplitAggregate {
  const partial = { ...call, type: call.type.kind === 'decimal' ? decimalType(38, call.type.scale) : call.type }
  return {
    partials: [partial],
    merge: (column) => cast(aggregate('sum', [column(0)], call.type), call.type),
  }
}

/** Sum by count; a group of NULLs has count 0 and average NULL. */
function splitAverage(call: AggregateCall): SplitAggregate | undefined {
  const [argument] = call.args
  const sumType = argument === undefined ? undefined : averageSumType(typeOf(argument))
  if (argument === undefined || sumType === undefined) return undefined
  if (call.type.kind !== 'simple' || call.type.name !== 'DOUBLE') return undefined
  return {
    partials: [
      aggregate('sum', [argument], sumType, call.filter),
      aggregate('count', [argument], bigintType, call.filter),
    ],
    merge: (column) => ({
      kind: 'function',
      name: '/',
      infix: true,
      isVolatile: false,
      type: doubleType,
      args: [
        cast(aggregate('sum', [column(0)], sumType), doubleType),
        {
          kind: 'function',
          name: 'nullif',
          infix: false,
          isVolatile: false,
          type: doubleType,
          args: [cast(aggregate('sum', [column(1)], hugeintType), doubleType), constant('0', doubleType)],
        },
      ],
    }),
  }
}

function averageSumType(type: DataType): DataType | undefined {
  if (type.kind === 'decimal') return decimalType(38, type.scale)
  if (isInteger(type)) return hugeintType
  if (type.kind === 'simple' && type.name === 'HUGEINT') return hugeintType
  if (type.kind === 'simple' && type.name === 'DOUBLE') return doubleType
  return undefined
}

/** A task without rows has the first value NULL: only partials that saw a row count. */
function splitFirst(call: AggregateCall): SplitAggregate | undefined {
  if (call.args.length !== 1) return undefined
  return {
    partials: [call, aggregate('count', [], bigintType, call.filter)],
    merge: (column) =>
      aggregate(call.name, [column(0)], call.type, {
        kind: 'comparison',
        operator: '>',
        left: column(1),
        right: constant('0', bigintType),
      }),
  }
}
