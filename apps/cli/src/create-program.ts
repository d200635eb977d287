/** The commands of `arbalest` with their flags; nothing runs before they are parsed. */
import { Command } from 'commander'
import { version } from '@arbalest/common'
import { addDoctorCommand } from './commands/doctor-command.js'
import { addExecutorCommand } from './commands/executor-command.js'
import { addLaterCommands } from './commands/later-commands.js'
import { addRoleCommand } from './commands/role-command.js'
import { addSchedulerCommand } from './commands/scheduler-command.js'
import { addSqlCommand } from './commands/sql-command.js'
import { addStartCommand } from './commands/start-command.js'
import { addVersionCommand } from './commands/version-command.js'

/** Parsing it throws a `CommanderError` where commander by itself would end the process. */
export function createProgram(): Command {
  const program = new Command('arbalest')
    .description('Arbalest: a distributed SQL engine with DuckDB on every node')
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text) })

  addStartCommand(program)
  addSqlCommand(program)
  addSchedulerCommand(program)
  addExecutorCommand(program)
  addDoctorCommand(program)
  addLaterCommands(program)
  addVersionCommand(program)
  addRoleCommand(program)
  for (const command of program.commands) command.exitOverride()
  return program
}
