/**
 * Aggregates: whole ones, and the two phases of distributed ones.
 *
 * Results are first called `o<i>` and renamed one level up: in one SELECT an output `c<i>` would
 * capture the input column of the same name.
 */
import { assert, present, type DataType } from '@arbalest/common'
import {
  columnsUsed, type Aggregate, type Expr, type FinalAggregate, type PartialAggregate, type Plan,
} from '@arbalest/plan'
import { renderExpr, renderOutput } from './render-expression.js'
import { columnName, type SelectBuilder } from './select-builder.js'

export const renderAggregate = (plan: Aggregate, builder: SelectBuilder): string =>
  renderGrouped(
    { plan, input: plan.input, groups: plan.groups, sets: plan.groupingSets },
    [...plan.aggregates.map(outputOf), ...plan.groupingFunctions.map(groupingOf)],
    builder,
  )

export const renderPartialAggregate = (plan: PartialAggregate, builder: SelectBuilder): string =>
  renderGrouped(
    { plan, input: plan.input, groups: plan.groups, sets: undefined },
    plan.partials.map(outputOf),
    builder,
  )

export function renderFinalAggregate(plan: FinalAggregate, builder: SelectBuilder): string {
  const groups = plan.input.types
    .slice(0, plan.groupCount)
    .map((type, index): Expr => ({ kind: 'column', index, type }))
  return renderGrouped(
    { plan, input: plan.input, groups, sets: plan.groupingSets },
    [...plan.merges.map(outputOf), ...plan.groupingFunctions.map(groupingOf)],
    builder,
  )
}

interface Grouping {
  readonly plan: Plan
  readonly input: Plan
  readonly groups: readonly Expr[]
  readonly sets: readonly (readonly number[])[] | undefined
}

/** The SQL of a result after the groups, given the names of the groups. */
type Output = (groupNames: readonly string[], type: DataType) => string

const outputOf = (expr: Expr): Output => (_, type) => renderOutput(expr, type, columnName)

const groupingOf = (positions: readonly number[]): Output => (names) =>
  `grouping(${positions.map((position) => nameAt(names, position)).join(', ')})`

function renderGrouped(grouping: Grouping, outputs: readonly Output[], builder: SelectBuilder): string {
  const { plan, groups, sets } = grouping
  const { names, from } = groupedInput(grouping, builder)
  const resultAt = (index: number): string => {
    if (index < groups.length) return nameAt(names, index)
    const output = present(outputs[index - groups.length], `${plan.kind} n${plan.id} has column ${index}`)
    return output(names, present(plan.types[index], `${plan.kind} n${plan.id} has a type for column ${index}`))
  }
  const results = plan.live.map((index) => `${resultAt(index)} AS o${index}`).join(', ')
  const list = plan.live.map((index) => `o${index} AS ${columnName(index)}`).join(', ')
  return (
    `SELECT ${list === '' ? '1 AS dummy' : list} ` +
    `FROM (SELECT ${results === '' ? 'count(*) AS o' : results} FROM ${from}${groupBy(names, sets)})`
  )
}

/** Groups that are different columns are grouped by as they are; others get a name of their own first. */
function groupedInput(grouping: Grouping, builder: SelectBuilder) {
  const { groups, input } = grouping
  const rows = builder.nameOf(input)
  const isPlain = groups.every((group) => group.kind === 'column') && columnsUsed(groups).size === groups.length
  if (isPlain) return { names: groups.map((group) => renderExpr(group, columnName)), from: rows }
  const names = groups.map((_, index) => `g${index}`)
  const named = groups.map((group, index) => `${renderExpr(group, columnName)} AS ${nameAt(names, index)}`)
  return { names, from: `(SELECT *, ${named.join(', ')} FROM ${rows})` }
}

function groupBy(names: readonly string[], sets: Grouping['sets']): string {
  if (sets !== undefined) {
    const items = sets.map((set) => `(${set.map((position) => nameAt(names, position)).join(', ')})`)
    return ` GROUP BY GROUPING SETS (${items.join(', ')})`
  }
  return names.length === 0 ? '' : ` GROUP BY ${names.join(', ')}`
}

function nameAt(names: readonly string[], position: number): string {
  const name = names[position]
  assert(name !== undefined, `there is a group ${position}`)
  return name
}
