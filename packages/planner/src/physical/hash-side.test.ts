import type { JoinType, Plan } from '@arbalest/plan'
import { columnRef, compare, integerConstant } from '@arbalest/plan/testing'
import { describe, expect, test } from 'vitest'
import { sameKey, someTables, stagesOf } from '../testing/plan-query.js'

const { p, big, tiny } = someTables()

/** The join of the last stage as it is written. */
function written(joinType: JoinType, left: Plan, right: Plan): string | undefined {
  const join = p.join(joinType, left, right, { conditions: sameKey(left, right) })
  return /AS ([lr]) (\w+ )?JOIN t\d+ AS [lr] ON/.exec(stagesOf(join).at(-1)?.sql ?? '')?.slice(1).join(' ').trim()
}

describe('the smaller of two sides whose rows are counted stands on the right', () => {
  test('a small left side changes places, and the words with it', () => {
    expect(written('inner', tiny, big)).toBe('r')
    expect(written('right', tiny, big)).toBe('r LEFT')
    expect(written('inner', p.project(tiny, ...[0, 1, 2].map((index) => columnRef(tiny, index))), big)).toBe('r')
  })
  test('a small right side stays, as do joins whose sides have their places', () => {
    expect(written('inner', big, tiny)).toBe('l')
    expect(written('left', big, tiny)).toBe('l LEFT')
    expect(written('semi', big, tiny)).toBe('l SEMI')
  })
  test('estimates do not count', () => {
    expect(written('inner', p.filter(tiny), big)).toBe('l')
    const predicate = compare(columnRef(tiny, 0), '=', integerConstant(1))
    expect(written('inner', { ...tiny, ...(tiny.kind === 'scan' ? { predicate } : {}) } as Plan, big)).toBe('l')
  })
})
