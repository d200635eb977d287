import { bigintType, defaultSettings, doubleType, type StageId } from '@arbalest/common'
import type { Plan, ShuffleRead } from '@arbalest/plan'
import { aggregateOf, columnRef } from '@arbalest/plan/testing'
import { describe, expect, test } from 'vitest'
import { sameKey, someTables } from '../testing/plan-query.js'
import { finishLocally } from './finish-locally.js'
import type { Fragment } from './fragment.js'
import type { UnfoldContext } from './unfold-context.js'

const stageId = 1 as StageId

/** Only what is asked of it; every stage has written `rows` rows. */
function contextWith(rows: number, bytes = 1_000, finishLocally = true) {
  const choices: string[] = []
  const facts = { rows, bytes, partitionRows: [], partitionBytes: [] }
  const context = {
    settings: { ...defaultSettings, finishLocally },
    writtenBy: () => facts,
    decide: ({ choice }: { readonly choice: string }) => void choices.push(choice),
  } as unknown as UnfoldContext
  return { context, choices }
}

const readOf = (like: Plan, mode: ShuffleRead['mode'] = 'partition'): ShuffleRead => {
  const { types, live } = like
  return { kind: 'shuffle-read', id: 100, stageId, mode, types, live }
}

const divided = (plan: Plan): Fragment => ({ plan, partitioning: { kind: 'any' }, rows: 10, domainRows: 10 })

describe('few written rows are read whole', () => {
  test('by every task, when all come to the same rows', () => {
    const { p, big } = someTables()
    const read = readOf(big)
    const { context, choices } = contextWith(10_000)
    const local = finishLocally(context, divided(p.join('full', read, read, { conditions: sameKey(read, read) })))
    expect(local?.partitioning).toEqual({ kind: 'replicated' })
    expect(local?.plan).toMatchObject({ left: { mode: 'all' }, right: { mode: 'all' } })
    expect(choices).toEqual(['finish locally'])
  })

  test('by one task, when the order of rows decides', () => {
    const { p, big } = someTables()
    const read = readOf(big)
    const sum = aggregateOf('sum', doubleType, [{ ...columnRef(read, 0), type: doubleType }])
    const local = finishLocally(contextWith(10).context, divided(p.aggregate(read, [columnRef(read, 1)], [sum])))
    expect(local?.partitioning).toEqual({ kind: 'single' })
  })

  test('and a share of rows that every task has becomes all of them', () => {
    const { p, big } = someTables()
    const read = readOf(big, 'task')
    const { types, live } = read
    const pick: Plan = { kind: 'pick', id: 101, input: read, keys: undefined, partitions: 4, types, live }
    const local = finishLocally(contextWith(10).context, divided(p.setOperation('union', true, pick, read)))
    expect(JSON.stringify(local?.plan)).not.toContain('pick')
  })
})

describe('it stays divided', () => {
  test('when a table is scanned', () => {
    const { p, big } = someTables()
    const read = readOf(big)
    const join = divided(p.join('inner', big, read, { conditions: sameKey(big, read) }))
    expect(finishLocally(contextWith(1).context, join)).toBeUndefined()
  })
  test('when many rows or bytes were written, over all its reads', () => {
    const { p, big } = someTables()
    const read = readOf(big)
    const join = divided(p.join('inner', read, readOf(big), { conditions: sameKey(read, read) }))
    expect(finishLocally(contextWith(10_001).context, join)).toBeUndefined()
    expect(finishLocally(contextWith(1, 3 * 1024 * 1024).context, join)).toBeUndefined()
  })
  test('when its setting is off', () => {
    const read = readOf(someTables().big)
    expect(finishLocally(contextWith(1, 1, false).context, divided(read))).toBeUndefined()
  })
  test('when it is undivided already', () => {
    const { p, big } = someTables()
    const count = p.aggregate(readOf(big), [], [aggregateOf('count', bigintType, [])])
    const single: Fragment = { ...divided(count), partitioning: { kind: 'single' } }
    expect(finishLocally(contextWith(1).context, single)).toBeUndefined()
  })
})
