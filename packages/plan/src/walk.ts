/**
 * The one place that knows where the inputs of an operator are. All generic walks over plans rest on
 * `childrenOf` and `withChildren`; a kind missing from them does not compile. Expressions inside
 * operators are reached by `walk-expressions.ts`.
 */
import { assert, assertNever } from '@arbalest/common'
import type { Plan } from './plan.js'

/** The inputs of an operator, left to right. A CTE has its definition first, then its body. */
export function childrenOf(plan: Plan): readonly Plan[] {
  switch (plan.kind) {
    case 'scan':
    case 'replicated-scan':
    case 'shuffle-read':
    case 'values':
    case 'delim-scan':
    case 'cte-scan':
      return []
    case 'project':
    case 'filter':
    case 'aggregate':
    case 'partial-aggregate':
    case 'final-aggregate':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'window':
    case 'pick':
    case 'key-sample':
    case 'unnest':
    case 'table-function':
    case 'sample':
    case 'computed-limit':
    case 'other-ranges':
      return [plan.input]
    case 'range-number':
      return [plan.input, plan.samples]
    case 'join':
    case 'positional-join':
      return [plan.left, plan.right]
    case 'set-operation':
      return plan.inputs
    case 'cte':
      return [plan.definition, plan.body]
    case 'recursive-cte':
      return [plan.initial, plan.step]
    case 'whole-select':
      return plan.parts.map((part) => part.plan)
  }
  return assertNever(plan)
}

/** The operator over other inputs, as many as it had; the operator itself when they are the same. */
export function withChildren(plan: Plan, children: readonly Plan[]): Plan {
  const before = childrenOf(plan)
  assert(before.length === children.length, `${plan.kind} has ${before.length} inputs`)
  if (before.every((child, i) => child === children[i])) return plan
  const [first = plan, second = plan] = children
  switch (plan.kind) {
    case 'scan':
    case 'replicated-scan':
    case 'shuffle-read':
    case 'values':
    case 'delim-scan':
    case 'cte-scan':
      return plan
    case 'project':
    case 'filter':
    case 'aggregate':
    case 'partial-aggregate':
    case 'final-aggregate':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'window':
    case 'pick':
    case 'key-sample':
    case 'unnest':
    case 'table-function':
    case 'sample':
    case 'computed-limit':
    case 'other-ranges':
      return { ...plan, input: first }
    case 'range-number':
      return { ...plan, input: first, samples: second }
    case 'join':
    case 'positional-join':
      return { ...plan, left: first, right: second }
    case 'set-operation':
      return { ...plan, inputs: children }
    case 'cte':
      return { ...plan, definition: first, body: second }
    case 'recursive-cte':
      return { ...plan, initial: first, step: second }
    case 'whole-select':
      return { ...plan, parts: plan.parts.map((part, i) => ({ ...part, plan: children[i] ?? part.plan })) }
  }
  return assertNever(plan)
}

/**
 * Rewrites bottom-up: `f` sees every operator with its inputs already rewritten. A shared subplan is
 * rewritten once and stays shared. Does not use the call stack for the depth of the plan.
 */
export function transformUp(plan: Plan, f: (plan: Plan) => Plan): Plan {
  const done = new Map<Plan, Plan>()
  const open: Plan[] = [plan]
  for (let node = open.at(-1); node !== undefined; node = open.at(-1)) {
    const children = childrenOf(node)
    const waiting = done.has(node) ? [] : children.filter((child) => !done.has(child))
    if (waiting.length > 0) {
      for (const child of waiting.toReversed()) open.push(child)
      continue
    }
    if (!done.has(node)) {
      done.set(node, f(withChildren(node, children.map((child) => done.get(child) ?? child))))
    }
    open.pop()
  }
  return done.get(plan) ?? plan
}

/** Every operator of the plan once, parents before their inputs, left to right. */
export function operatorsOf(plan: Plan): readonly Plan[] {
  const found = new Set<Plan>()
  const open: Plan[] = [plan]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node)) continue
    found.add(node)
    for (const child of childrenOf(node).toReversed()) open.push(child)
  }
  return [...found]
}

/** The largest operator id in use; new operators count on from it. */
export const maxId = (plan: Plan): number =>
  operatorsOf(plan).reduce((most, node) => Math.max(most, node.id), 0)
