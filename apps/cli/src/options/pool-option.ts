/** `--pool`: groups of jobs and their shares of the slots. */
import { InvalidArgumentError } from 'commander'
import type { PoolRules } from '@arbalest/scheduler'
import type { OptionSpec } from './command-options.js'

/** A pool by its name. */
export type PoolFlag = readonly [name: string, rules: PoolRules]

const weightMax = 1_000

export const poolOption: OptionSpec = {
  flags: '--pool <name=weight[:slots]...>',
  help: 'pools of jobs: slots are shared out by weight, of which a pool uses at most so many (default: one pool)',
  parse: readPool,
}

function readPool(text: string): PoolFlag {
  const [, name, weightText, slotsText] = /^([A-Za-z_][\w-]{0,63})=(\d+(?:\.\d+)?)(?::(\d+))?$/.exec(text.trim()) ?? []
  const weight = Number(weightText)
  const slotsMax = slotsText === undefined ? undefined : Number(slotsText)
  if (name === undefined || !(weight > 0 && weight <= weightMax) || slotsMax === 0) {
    const form = 'it is a name, = and a weight, with or without : and a number of slots, such as loads=1:4'
    throw new InvalidArgumentError(`${form}; weights are above 0 and at most ${weightMax}`)
  }
  return [name, { weight, slotsMax }]
}
