/** Whole clusters from seeds: every law after every event, every job to its right end, nothing left over. */
import { expect, test } from 'vitest'
import { plantedBugs } from './planted-bugs.js'
import { Simulation } from './simulation.js'

const seeds = Number(process.env['ARBALEST_SIMULATIONS'] ?? 200)
const seedsForABugMax = 2_000

test('no seed breaks a law', () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { jobs, tasks, faults } = runNamed(seed)
    expect(jobs >= 3 && tasks >= 200 && faults.length >= 5, `seed ${seed} is rich enough`).toBe(true)
  }
})

test('the same seed gives the same run', () => {
  const lines = [1, 2].map(() => {
    const printed: string[] = []
    new Simulation({ seed: 7, print: (line) => printed.push(line) }).run()
    return printed
  })
  expect(lines[0]!.length).toBeGreaterThan(500)
  expect(lines[1]).toEqual(lines[0])
})

test.each(plantedBugs)('a planted bug is found: $name', ({ make }) => {
  expect(findBug(make)).toBeLessThanOrEqual(seedsForABugMax)
})

function runNamed(seed: number) {
  try {
    return new Simulation({ seed }).run()
  } catch (cause) {
    throw new Error(`seed ${seed}: npm run sim -- --seed ${seed} --trace`, { cause })
  }
}

/** The first seed that finds it. */
function findBug(make: (typeof plantedBugs)[number]['make']): number {
  for (let seed = 1; seed <= seedsForABugMax; seed++) {
    try {
      new Simulation({ seed, bug: make() }).run()
    } catch {
      return seed
    }
  }
  return Infinity
}
