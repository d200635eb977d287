import { bigintType, booleanType, integerType, varcharType } from '@arbalest/common'
import { describe, expect, test } from 'vitest'
import type { Plan } from './plan.js'
import { columnRef, compare, integerConstant, planBuilder } from './testing/index.js'
import { childrenOf, maxId, operatorsOf, transformUp, withChildren } from './walk.js'

const columns = [
  { name: 'a', type: integerType },
  { name: 'b', type: varcharType },
]

describe('transformUp', () => {
  test('gives the plan itself when nothing changes', () => {
    const plan = joined()
    expect(transformUp(plan, (node) => node)).toBe(plan)
    expect(withChildren(plan, childrenOf(plan))).toBe(plan)
  })

  test('rewrites inputs before their consumer and leaves other parts alone', () => {
    const plan = joined()
    const seen: string[] = []
    const result = transformUp(plan, (node) => {
      seen.push(`${node.kind}${node.id}`)
      return node.kind === 'limit' ? node.input : node
    })
    expect(seen).toEqual(['scan1', 'limit2', 'scan3', 'join4'])
    expect(childrenOf(result)[0]?.kind).toBe('scan')
    expect(childrenOf(result)[1]).toBe(childrenOf(plan)[1])
  })

  test('a shared subplan is rewritten once and stays shared', () => {
    const p = planBuilder()
    const shared = p.scan('t', columns)
    const plan = p.setOperation('union', true, shared, shared)
    const result = transformUp(plan, (node) => (node.kind === 'scan' ? { ...node, table: 'u' } : node))
    const [first, second] = childrenOf(result)
    expect(first).not.toBe(shared)
    expect(first).toBe(second)
    expect(operatorsOf(result)).toHaveLength(2)
  })

  test('depth does not use the stack', () => {
    const p = planBuilder()
    let plan: Plan = p.scan('t', columns)
    for (let i = 0; i < 50_000; i++) plan = p.limit(plan, i)
    expect(transformUp(plan, (node) => node)).toBe(plan)
    expect(maxId(plan)).toBe(50_001)
  })
})

test('inputs are listed left to right, the definition of a CTE before its body', () => {
  const p = planBuilder()
  const definition = p.scan('t', columns)
  const body = p.filter(p.cteScan(1, definition), compare(columnRef(definition, 0), '=', integerConstant(1)))
  expect(childrenOf(p.cte(1, definition, body))).toEqual([definition, body])
  expect(operatorsOf(p.cte(1, definition, body)).map((node) => node.kind)).toEqual([
    'cte', 'scan', 'filter', 'cte-scan',
  ])
})

test('an operator takes as many inputs as it had', () => {
  const plan = joined()
  expect(() => withChildren(plan, [plan])).toThrow('join has 2 inputs')
})

function joined(): Plan {
  const p = planBuilder()
  const left = p.limit(p.scan('l', columns), 3)
  const right = p.scan('r', [{ name: 'c', type: bigintType }, { name: 'd', type: booleanType }])
  return p.join('inner', left, right)
}
