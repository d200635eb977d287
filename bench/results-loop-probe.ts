/**
 * Loaded before everything else into each process of a cluster under `results`: measures the delay of the
 * event loop between two SIGUSR2 and leaves the figures as a file. The product knows nothing of it.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { LoopDelay } from './event-loop-delay.js'

/** Time between two looks at the loop; what goes beyond it is delay. */
const resolutionMs = 2

const directory = process.env['ARBALEST_BENCH_LOOPS']
if (directory !== undefined) measureBetweenSignals(directory)

function measureBetweenSignals(place: string): void {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  const delayMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs)
  let measuring = false
  process.on('SIGUSR2', () => {
    measuring = !measuring
    if (measuring) {
      histogram.reset()
      histogram.enable()
      return
    }
    histogram.disable()
    const figures: LoopDelay = {
      medianMs: delayMs(histogram.percentile(50)),
      p99Ms: delayMs(histogram.percentile(99)),
      maxMs: delayMs(histogram.max),
    }
    const file = join(place, `${process.pid}.json`)
    writeFileSync(`${file}.new`, JSON.stringify(figures))
    renameSync(`${file}.new`, file)
  })
}
