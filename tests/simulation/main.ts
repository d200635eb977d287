/** `npm run sim -- --seed N [--trace]` and `npm run sim -- --seeds N [--from M] [--coverage]`. */
import { parseArgs } from 'node:util'
import { Coverage } from './coverage.js'
import { Simulation, type SimulationFigures } from './simulation.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: false },
  },
})

if (values.seed === undefined) runMany(Number(values.from), Number(values.seeds))
else runOne(Number(values.seed))

function runOne(seed: number): void {
  const print = values.trace ? (line: string) => console.log(line) : undefined
  const simulation = new Simulation({ seed, ...(print ? { print } : {}) })
  const { faults, ends, ...figures } = simulation.run()
  console.log(figures, `\nfaults: ${faults.join(', ')}\nends: ${ends.join(', ')}`)
}

function runMany(from: number, count: number): void {
  // Errors are made by the thousand, and nobody looks at where.
  Error.stackTraceLimit = 0
  const coverage = new Coverage()
  const startedMs = Date.now()
  const totals = { tasks: 0, attempts: 0, events: 0, faults: 0, failed: 0 }
  for (let seed = from; seed < from + count; seed++) {
    const simulation = new Simulation({ seed })
    try {
      addTo(totals, simulation.run())
    } catch (thrown) {
      totals.failed += 1
      const reason = thrown instanceof Error ? thrown.message : String(thrown)
      console.log(`\nseed ${seed}: ${reason}\n  again: npm run sim -- --seed ${seed} --trace`)
    }
    coverage.add(simulation.coverage)
    const done = seed - from + 1
    if (done % 100 === 0 || done === count) report(done, totals, startedMs)
  }
  if (values.coverage) console.log(coverage.table())
  console.log(`${coverage.reached} of ${coverage.known} pairs of event and state were reached`)
  for (const cell of coverage.missing()) console.log(`never: ${cell}`)
  for (const cell of coverage.wronglyUnreachable()) console.log(`said to be unreachable: ${cell}`)
  if (totals.failed > 0) process.exitCode = 1
}

interface Totals {
  tasks: number
  attempts: number
  events: number
  faults: number
  failed: number
}

function addTo(totals: Totals, { tasks, attempts, events, faults }: SimulationFigures): void {
  totals.tasks += tasks
  totals.attempts += attempts
  totals.events += events
  totals.faults += faults.length
}

function report(done: number, { tasks, attempts, events, faults, failed }: Totals, startedMs: number): void {
  const seconds = (Date.now() - startedMs) / 1000
  const work = `${tasks} tasks, ${attempts} attempts, ${events} scheduler events, ${faults} faults`
  console.log(`${done} seeds, ${failed} failed: ${work}; ${(done / seconds).toFixed(1)} seeds/s`)
}
