/** The command `arbalest`: reads flags and runs the command they name. */
import { CommanderError } from 'commander'
import { asQueryError, errorCodes, QueryError } from '@arbalest/common'
import { createProgram } from './create-program.js'

/** Exit status for wrong flags, values and files. */
const usageStatus = 2

try {
  await createProgram().parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : usageStatus
  } else {
    report(error)
  }
}

/** One line for what a person can mend; the stack too for what is our own mistake. */
function report(thrown: unknown): void {
  const error = asQueryError(thrown)
  const mend = errorCodes[error.code].mend
  process.stderr.write(`error[${error.code}] ${error.message}\n  ${mend}\n`)
  if (!(thrown instanceof QueryError) && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`)
  process.exitCode = error.code === 'INVALID_OPTION' ? usageStatus : 1
}
