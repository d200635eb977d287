import { AssertionFailed, bigintType, booleanType, integerType, varcharType, type StageId } from '@arbalest/common'
import { describe, expect, test } from 'vitest'
import type { Plan } from '../plan.js'
import { columnRef, compare, countRows, integerConstant, planBuilder } from '../testing/index.js'
import { checkPlan } from './check-plan.js'

const columns = [
  { name: 'a', type: integerType },
  { name: 'b', type: varcharType },
]

function broken(make: (p: ReturnType<typeof planBuilder>) => Plan): string {
  try {
    checkPlan(make(planBuilder()))
  } catch (error) {
    if (error instanceof AssertionFailed) return error.message
    throw error
  }
  return 'no law is broken'
}

describe('columns resolve', () => {
  test('a live column beyond the columns', () => {
    expect(broken((p) => ({ ...p.scan('t', columns), live: [0, 2] }))).toBe(
      'scan n1: live column 2 is below its 2 columns',
    )
  })
  test('live columns out of order', () => {
    expect(broken((p) => ({ ...p.scan('t', columns), live: [1, 0] }))).toBe('scan n1: its live columns ascend')
  })
  test('a column used that its input does not give', () => {
    expect(
      broken((p) => {
        const scan = { ...p.scan('t', columns), live: [0] }
        return p.project(scan, columnRef(scan, 1))
      }),
    ).toBe('project n2: column 1 of its input scan n1 is live')
  })
  test('a column handed on that its input does not give', () => {
    expect(broken((p) => p.limit({ ...p.scan('t', columns), live: [0] }, 1))).toBe(
      'limit n2: column 1 of its input scan n1 is live',
    )
  })
  test('DISTINCT compares all columns, also when few are wanted', () => {
    expect(broken((p) => ({ ...p.distinct({ ...p.scan('t', columns), live: [0] }), live: [0] }))).toBe(
      'distinct n2: column 1 of its input scan n1 is live',
    )
  })
  test('a predicate on a column that the table does not have', () => {
    const column = { kind: 'column', index: 5, type: integerType } as const
    expect(broken((p) => p.scan('t', columns, compare(column, '=', integerConstant(1))))).toBe(
      'scan n1: it has table column 5',
    )
  })
  test('expressions of dead columns may look at dead columns', () => {
    expect(
      broken((p) => {
        const scan = { ...p.scan('t', columns), live: [0] }
        return { ...p.project(scan, columnRef(scan, 0), columnRef(scan, 1)), live: [0] }
      }),
    ).toBe('no law is broken')
  })
  test('no live column at all is legal', () => {
    expect(broken((p) => p.aggregate({ ...p.scan('t', columns), live: [] }, [], [countRows()]))).toBe(
      'no law is broken',
    )
  })
})

test('types are those of what columns are made of', () => {
  expect(broken((p) => ({ ...p.scan('t', columns), types: [integerType, bigintType] }))).toBe(
    'scan n1: column 1 has the type of what it is made of',
  )
  expect(broken((p) => ({ ...p.limit(p.scan('t', columns), 1), types: [integerType], live: [0] }))).toBe(
    'limit n2: it has 2 columns, not 1',
  )
})

test('ids are unique, but a shared subplan is one operator', () => {
  expect(
    broken((p) => p.join('inner', { ...p.scan('l', columns), id: 9 }, { ...p.scan('r', columns), id: 9 })),
  ).toBe('scan n9: its id is also that of a scan')
  expect(
    broken((p) => {
      const shared = p.scan('t', columns)
      return p.setOperation('union', true, shared, shared)
    }),
  ).toBe('no law is broken')
})

describe('scans in scope', () => {
  test('a CTE scan outside the body of its CTE', () => {
    expect(broken((p) => p.cteScan(3, p.scan('t', columns)))).toBe('cte-scan n2: it lies in the body of CTE 3')
  })
  test('a CTE scan that wants what its CTE does not give', () => {
    expect(
      broken((p) => {
        const definition = { ...p.scan('t', columns), live: [0] }
        return p.cte(3, definition, p.cteScan(3, definition))
      }),
    ).toBe('cte-scan n2: its live columns are live in its CTE')
  })
  test('a delim scan on the side of the source', () => {
    expect(
      broken((p) => {
        const source = p.delimScan(1, [integerType])
        const other = p.scan('t', columns)
        return p.join('single', source, other, { delim: { delimId: 1, keys: [columnRef(source, 0)], source: 'left' } })
      }),
    ).toBe('delim-scan n1: it lies beside the source of delim 1')
  })
})

test('physical operators stand in physical plans alone', () => {
  const read: Plan = {
    kind: 'shuffle-read', id: 1, types: [booleanType], live: [0], stageId: 1 as StageId, mode: 'all',
  }
  expect(() => checkPlan(read)).toThrow('shuffle-read n1: it is no operator of a logical plan')
  expect(() => checkPlan(read, 'physical')).not.toThrow()
})
