import { expect, test } from 'vitest'
import { applied, printed, tables } from '../testing/apply-rule.js'
import { foldEmptyLimit } from './fold-empty-limit.js'

test('a limit of no rows needs no input', () => {
  const { p, t } = tables()
  const plan = p.limit(t, 0, 3)
  expect(printed(foldEmptyLimit, plan)).toMatchInlineSnapshot(`"Values 0 rows"`)
  expect(applied(foldEmptyLimit, plan)).toMatchObject({ types: t.types, live: t.live, id: plan.id })
})

test('does not fire on a limit of one row, or of all', () => {
  const { p, t } = tables()
  const one = p.limit(t, 1)
  const all = p.limit(t, undefined, 5)
  expect(applied(foldEmptyLimit, one)).toBe(one)
  expect(applied(foldEmptyLimit, all)).toBe(all)
})
