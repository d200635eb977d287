/**
 * Random queries give plain DuckDB's answers: always the same ones here, others when they are asked for.
 * `ARBALEST_SEED=n` runs the one query of a seed and prints it; `ARBALEST_RANDOM_QUERIES=n` runs so many, from the
 * seed `ARBALEST_RANDOM_START` on.
 */
import { afterAll, expect, test } from 'vitest'
import { randomLab, type Outcome } from './random-lab.js'

const numberFrom = (name: string): number | undefined => {
  const text = process.env[name]
  return text === undefined || text === '' ? undefined : Number(text)
}

const seed = numberFrom('ARBALEST_SEED')
const count = numberFrom('ARBALEST_RANDOM_QUERIES')
const start = numberFrom('ARBALEST_RANDOM_START') ?? 1
const slices = [{ from: start, runs: count ?? 240 }]
/** Longer runs tell how far they are. */
const progressEvery = 250
const lab = randomLab()
afterAll(() => lab.close())

if (seed === undefined) {
  test.each(slices)('$runs from seed $from on', async ({ from, runs }) => {
    const outcomes: Outcome[] = []
    for (let at = from; at < from + runs; at++) {
      const outcome = await lab.run(at)
      outcomes.push(outcome)
      // At once: DuckDB may end the process before the end.
      if (outcome.kind === 'different') console.log(told(outcome))
      if (outcomes.length % progressEvery === 0) console.log(`${outcomes.length}: ${countsOf(outcomes).join(', ')}`)
    }
    const of = (wanted: Outcome['kind']) => outcomes.filter(({ kind }) => kind === wanted)
    const distributed = outcomes.filter(({ mode }) => mode === 'distributed').length
    const empty = of('equal').filter(({ rows }) => rows === 0).length
    console.log(`${countsOf(outcomes).join(', ')}; ${distributed} distributed; ${empty} without rows`)
    if (count !== undefined) console.log(of('both failed').map(({ seed: at, difference }) => `${at} ${difference}`))
    expect(of('different').map(told)).toEqual([])
    expect(distributed).toBeGreaterThan(runs / 2)
    expect(of('equal').length).toBeGreaterThan(runs * 0.8)
  }, 60_000 + (count ?? 240) * 5_000)
} else {
  test(`the query of seed ${seed}`, async () => {
    const outcome = await lab.run(seed)
    console.log(`${outcome.sql}\n${outcome.kind}: ${outcome.difference ?? ''}`)
    expect(outcome.kind).not.toBe('different')
  }, 600_000)
}

const countsOf = (outcomes: readonly Outcome[]): readonly string[] =>
  (['equal', 'both failed', 'too large', 'different'] as const)
    .map((kind) => `${outcomes.filter((outcome) => outcome.kind === kind).length} ${kind}`)

const told = ({ seed: at, sql, difference }: Outcome): string => `ARBALEST_SEED=${at}\n${sql}\n${difference ?? ''}`
