/** The command `arbalest`: reads flags and runs the command they name. */
import { Command, CommanderError } from 'commander'
import { asQueryError, errorCodes, QueryError, version } from '@arbalest/common'
import { addDoctorCommand } from './commands/doctor-command.js'
import { addExecutorCommand } from './commands/executor-command.js'
import { addLaterCommands } from './commands/later-commands.js'
import { addRoleCommand } from './commands/role-command.js'
import { addSchedulerCommand } from './commands/scheduler-command.js'
import { addSqlCommand } from './commands/sql-command.js'
import { addStartCommand } from './commands/start-command.js'
import { addVersionCommand } from './commands/version-command.js'

/** Exit status for wrong flags, values and files. */
const usageStatus = 2

const program = new Command('arbalest')
  .description('Arbalest: a distributed SQL engine with DuckDB on every node')
  .version(version)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text) })
  .showHelpAfterError('(arbalest help shows the commands, --help the flags of one)')

addStartCommand(program)
addSqlCommand(program)
addSchedulerCommand(program)
addExecutorCommand(program)
addDoctorCommand(program)
addLaterCommands(program)
addVersionCommand(program)
addRoleCommand(program)
for (const command of program.commands) command.exitOverride()

try {
  await program.parseAsync()
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
