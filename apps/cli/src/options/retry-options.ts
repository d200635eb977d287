/** How often a scheduler lets tasks run again, and for which reason. */
import { limits } from '@arbalest/common'
import type { CoreLimits } from '@arbalest/scheduler'
import { wholeNumber, type OptionSpec } from './command-options.js'

export type RetryLimits = Pick<CoreLimits, 'attemptsPerTaskMax' | 'lossesPerTaskMax' | 'recomputationsPerStageMax'>

export interface RetryFlags {
  readonly taskAttempts: number
  readonly taskLosses: number
  readonly taskRecomputations: number
}

export const retryOptions: readonly OptionSpec[] = [
  {
    flags: '--task-attempts <n>',
    help: 'attempts of one task that may fail before its job fails; 1 = none is repeated',
    defaultValue: limits.attemptsPerTaskMax,
    parse: wholeNumber(1, 100),
  },
  {
    flags: '--task-losses <n>',
    help: 'attempts of one task that may be lost with executors or inputs before its job fails',
    defaultValue: limits.lossesPerTaskMax,
    parse: wholeNumber(0, 1_000),
  },
  {
    flags: '--task-recomputations <n>',
    help: 'how often a lost output of one task may be computed again before its job fails',
    defaultValue: limits.recomputationsPerStageMax,
    parse: wholeNumber(0, 1_000),
  },
]

export const readRetries = (flags: RetryFlags): RetryLimits => ({
  attemptsPerTaskMax: flags.taskAttempts,
  lossesPerTaskMax: flags.taskLosses,
  recomputationsPerStageMax: flags.taskRecomputations,
})
