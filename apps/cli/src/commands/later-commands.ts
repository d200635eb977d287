/** Commands that a later version brings: until then they say so. */
import type { Command } from 'commander'
import { queryError } from '@arbalest/common'

const laterCommands = [
  { name: 'tui', help: 'a cluster on the terminal', instead: 'the routes below /api show the same' },
  {
    name: 'history',
    help: 'finished jobs without a cluster',
    instead: '/api/jobs of a scheduler shows its jobs',
  },
] as const

export function addLaterCommands(program: Command): void {
  for (const { name, help, instead } of laterCommands) {
    program
      .command(name)
      .description(`${help} (not in this version)`)
      .argument('[arguments...]')
      .allowUnknownOption()
      .action(() => {
        throw queryError('NOT_IN_THIS_VERSION', { what: `arbalest ${name}`, instead })
      })
  }
}
