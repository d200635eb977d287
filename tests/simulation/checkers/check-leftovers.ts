/** When all is over nothing is left: no slot taken, no file kept, nothing running for a job that has ended. */
import { assert } from '@arbalest/common'
import { shortId, type World } from '../world.js'

export function checkLeftovers(world: World): void {
  const { scheduler, executors } = world
  for (const { id, busy, state } of scheduler.state.executors.values()) {
    assert(busy.size === 0, `slots are given back: ${shortId(id)}, ${state}, has ${list(busy.keys())}`)
  }
  for (const { traits, isAlive, attemptsUnderWay, disk, jobs, state } of executors.values()) {
    if (!isAlive) continue
    const at = shortId(traits.id)
    assert(attemptsUnderWay === 0, `ended jobs stop: ${at} still runs something`)
    assert(disk.size === 0, `no output is left: ${at} has ${list(disk.keys())}`)
    const known = state.attempts.keys()
    assert(state.attempts.size === 0, `no attempt is remembered for ever: ${at} knows ${list(known)}`)
    assert(jobs.size === 0, `no directory is left: ${at} has those of ${list(jobs)}`)
  }
}

const list = (ids: Iterable<string>): string => [...ids].map(shortId).join(' ')
