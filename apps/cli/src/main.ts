/** The command `arbalest`: reads flags and runs the command they name. */
import { Command, CommanderError } from 'commander'
import { asQueryError, errorCodes, QueryError } from '@arbalest/common'
import { addRoleCommand } from './commands/role-command.js'

/** Exit status for wrong flags, values and files. */
const usageStatus = 2

try {
  const program = process.argv[2] === 'role' ? roleProgram() : (await import('./create-program.js')).createProgram()
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : usageStatus
  } else {
    report(error)
  }
}

/** A process of a cluster loads its role alone: after a failure others wait for its start. */
function roleProgram(): Command {
  const program = new Command('arbalest').exitOverride()
  addRoleCommand(program)
  return program
}

/** One line for what a person can mend; the stack too for what is our own mistake. */
function report(thrown: unknown): void {
  const error = asQueryError(thrown)
  const mend = errorCodes[error.code].mend
  process.stderr.write(`error[${error.code}] ${error.message}\n  ${mend}\n`)
  if (!(thrown instanceof QueryError) && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`)
  process.exitCode = error.code === 'INVALID_OPTION' ? usageStatus : 1
}
