/** `arbalest role NAME`: this program as a process of a cluster, started by another of its processes. */
import type { Command } from 'commander'
import { queryError } from '@arbalest/common'
import { serveRole } from '../processes/role-process.js'

export function addRoleCommand(program: Command): void {
  program.command('role <name>', { hidden: true }).action(async (name: string) => {
    if (process.send === undefined) {
      throw queryError('INVALID_OPTION', { option: 'role', reason: 'it is for processes of a cluster' })
    }
    switch (name) {
      case 'scheduler': return serveRole((await import('../processes/run-scheduler.js')).runScheduler)
      case 'front': return serveRole((await import('../processes/run-front.js')).runFront)
      case 'executor': return serveRole((await import('../processes/run-executor.js')).runExecutor)
      default: throw queryError('INVALID_OPTION', { option: 'role', reason: `there is no role ${name}` })
    }
  })
}
