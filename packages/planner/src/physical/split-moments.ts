/**
 * Two-phase forms of variances, covariances and regressions: each task gives the number of its rows, their
 * means, and the sums of squared and multiplied distances from the means; any two of these are one again
 * by the form of Chan, Golub and LeVeque (Updating Formulae and a Pairwise Algorithm for Computing Sample
 * Variances, 1979), which loses no digits where values lie far from zero and close together.
 */
import { bigintType, booleanType, doubleType, simpleType, varcharType, type DataType } from '@arbalest/common'
import { typeOf, type AggregateCall, type Expr } from '@arbalest/plan'
import { aggregate, calculate, call, cast, choose, compare, constant, isNotNull, nullOf } from './build-expression.js'
import type { SplitAggregate } from './split-form.js'

/** What is known of some rows; `x` and `y` are means, `xx`, `yy`, `xy` sums of multiplied distances from them. */
type Moment = 'n' | 'x' | 'y' | 'xx' | 'yy' | 'xy'
type Moments = Readonly<Record<Moment, Expr>>

/** The moments an aggregate needs, and its value by them; `n` is more than 0. */
interface Family { readonly needs: readonly Moment[]; value(moments: Moments): Expr }

const zero = constant('0', doubleType)
const one = constant('1', doubleType)
const nothing = nullOf(doubleType)
const noNumber = constant('nan', doubleType)
const less = (left: Expr, right: Expr) => calculate(left, '-', right)
const times = (left: Expr, right: Expr) => calculate(left, '*', right)
const over = (left: Expr, right: Expr) => calculate(left, '/', right)
const root = (value: Expr) => call('sqrt', [value], doubleType)
const unless = (isMissing: Expr, value: Expr) => choose(isMissing, nothing, value, doubleType)
const isZero = (value: Expr) => compare(value, '=', zero)

const population = ({ n, xx }: Moments) => over(xx, n)
const sample = ({ n, xx }: Moments) => choose(compare(n, '>', one), over(xx, less(n, one)), nothing, doubleType)
const slope = ({ xx, xy }: Moments) => choose(isZero(xx), noNumber, over(xy, xx), doubleType)
const spread = ({ xx, yy }: Moments) => times(root(xx), root(yy))
const correlation = (moments: Moments) =>
  choose(isZero(spread(moments)), noNumber, over(moments.xy, spread(moments)), doubleType)

const squares: readonly Moment[] = ['n', 'x', 'xx']
const products: readonly Moment[] = ['n', 'x', 'y', 'xy']
const everything: readonly Moment[] = ['n', 'x', 'y', 'xx', 'yy', 'xy']

const families: Readonly<Record<string, Family>> = {
  var_pop: { needs: squares, value: population },
  var_samp: { needs: squares, value: sample },
  variance: { needs: squares, value: sample },
  stddev_pop: { needs: squares, value: (moments) => root(population(moments)) },
  stddev_samp: { needs: squares, value: (moments) => root(sample(moments)) },
  stddev: { needs: squares, value: (moments) => root(sample(moments)) },
  sem: { needs: squares, value: (moments) => root(over(population(moments), moments.n)) },
  covar_pop: { needs: products, value: ({ n, xy }) => over(xy, n) },
  covar_samp: { needs: products, value: ({ n, xy }) => sample({ n, xx: xy } as Moments) },
  corr: { needs: everything, value: correlation },
  regr_avgx: { needs: ['n', 'x'], value: ({ x }) => x },
  regr_avgy: { needs: ['n', 'y'], value: ({ y }) => y },
  regr_sxx: { needs: ['n', 'x', 'xx'], value: ({ xx }) => xx },
  regr_syy: { needs: ['n', 'y', 'yy'], value: ({ yy }) => yy },
  regr_sxy: { needs: products, value: ({ xy }) => xy },
  regr_slope: { needs: everything, value: slope },
  regr_intercept: {
    needs: everything,
    value: (moments) => unless(isZero(moments.xx), less(moments.y, times(slope(moments), moments.x))),
  },
  regr_r2: {
    needs: everything,
    value: (moments) => {
      const squared = over(times(moments.xy, moments.xy), times(moments.xx, moments.yy))
      return unless(isZero(moments.xx), choose(isZero(moments.yy), one, squared, doubleType))
    },
  },
}

/** The form of such a call; undefined for others. */
export function splitMoments(whole: AggregateCall): SplitAggregate | undefined {
  const family = families[whole.name]
  const isOfDoubles = whole.args.every((arg) => isDouble(typeOf(arg)))
  if (family === undefined || !isOfDoubles || !isDouble(whole.type)) return undefined
  const { needs } = family
  const partials = needs.map((moment) => momentOf(moment, whole))
  return {
    partials: partials.map(({ partial }) => partial),
    merge(column) {
      const values = partials.map(({ value }, i) => value(column(i), cast(column(0), doubleType)))
      const state = stateType(needs)
      const states = aggregate('list', [pack(needs, values)], { kind: 'list', child: state }, hasRows(column(0)))
      const one = call('list_reduce', [states, joinStates(needs)], state)
      return valueOf(one, family, whole)
    },
  }
}

const isDouble = (type: DataType): boolean => type.kind === 'simple' && type.name === 'DOUBLE'
const hasRows = (count: Expr): Expr => compare(count, '>', constant('0', bigintType))

/** The call that gives a moment of a task, and the moment by its value and the number of rows. */
function momentOf(moment: Moment, { args, filter }: AggregateCall): {
  readonly partial: AggregateCall
  value(column: Expr, rows: Expr): Expr
} {
  const isPair = args.length === 2
  const partial = (name: string, type: DataType = doubleType) => aggregate(name, args, type, filter)
  switch (moment) {
    case 'n': return {
      partial: isPair ? partial('regr_count', simpleType('UINTEGER')) : partial('count', bigintType),
      value: (_, rows) => rows,
    }
    case 'x': return { partial: partial(isPair ? 'regr_avgx' : 'avg'), value: (column) => column }
    case 'y': return { partial: partial('regr_avgy'), value: (column) => column }
    case 'xx': return isPair
      ? { partial: partial('regr_sxx'), value: (column) => column }
      : { partial: partial('var_pop'), value: times }
    case 'yy': return { partial: partial('regr_syy'), value: (column) => column }
    case 'xy': return { partial: partial('covar_pop'), value: times }
  }
}

const stateType = (needs: readonly Moment[]): DataType =>
  ({ kind: 'struct', fields: needs.map((name) => ({ name, type: doubleType })) })

const pack = (needs: readonly Moment[], values: readonly Expr[]): Expr => call('struct_pack', values, stateType(needs))

const fieldOf = (state: Expr, moment: Moment): Expr =>
  call('struct_extract', [state, constant(moment, varcharType)], doubleType)

/** Two states are one: `sum = a + b + distance of the means, multiplied, * a.n * b.n / n`. */
function joinStates(needs: readonly Moment[]): Expr {
  const type = stateType(needs)
  const a = (moment: Moment) => fieldOf({ kind: 'parameter', name: 'a', type }, moment)
  const b = (moment: Moment) => fieldOf({ kind: 'parameter', name: 'b', type }, moment)
  const n = calculate(a('n'), '+', b('n'))
  const distance = (mean: 'x' | 'y') => less(b(mean), a(mean))
  const weight = over(times(a('n'), b('n')), n)
  const sums = (moment: Moment, left: 'x' | 'y', right: 'x' | 'y') =>
    calculate(calculate(a(moment), '+', b(moment)), '+', times(times(distance(left), distance(right)), weight))
  const joined: Moments = {
    n,
    x: calculate(a('x'), '+', over(times(distance('x'), b('n')), n)),
    y: calculate(a('y'), '+', over(times(distance('y'), b('n')), n)),
    xx: sums('xx', 'x', 'x'),
    yy: sums('yy', 'y', 'y'),
    xy: sums('xy', 'x', 'y'),
  }
  return { kind: 'lambda', parameters: ['a', 'b'], body: pack(needs, needs.map((moment) => joined[moment])) }
}

/** These divide zero by zero, where others are out of range. */
const mayBeNoNumber: ReadonlySet<string> = new Set(['corr', 'regr_slope'])

/** The value by the one state there is, computed once; DuckDB refuses values that are no numbers. */
function valueOf(state: Expr, { value }: Family, { name, type }: AggregateCall): Expr {
  const parameter = (parameterName: string, parameterType: DataType): Expr =>
    ({ kind: 'parameter', name: parameterName, type: parameterType })
  const s = parameter('s', { kind: 'struct', fields: [] })
  const moments = Object.fromEntries(
    (['n', 'x', 'y', 'xx', 'yy', 'xy'] as const).map((moment) => [moment, fieldOf(s, moment)]),
  ) as unknown as Moments
  const inLists = (input: Expr, lambdaOf: string, body: Expr): Expr =>
    call('list_transform', [input, { kind: 'lambda', parameters: [lambdaOf], body }], { kind: 'list', child: type })
  const v = parameter('v', type)
  const message = constant(`${name.toUpperCase()} is out of range!`, varcharType)
  const isNumber = { kind: 'or', terms: [call('isfinite', [v], booleanType), isMissing(v)] } as const
  const checked = choose(isNumber, v, call('error', [message], type), type)
  const states = call('list_value', [state], { kind: 'list', child: doubleType })
  const found = inLists(states, 's', choose(isNotNull(s), value(moments), nothing, type))
  const values = mayBeNoNumber.has(name) ? found : inLists(found, 'v', checked)
  return call('list_extract', [values, constant('1', bigintType)], type)
}

const isMissing = (arg: Expr): Expr =>
  ({ kind: 'operator', operator: 'is-null', args: [arg], type: booleanType })
