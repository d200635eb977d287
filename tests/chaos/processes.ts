/** The processes of this machine as a tree: who was started by whom, and who still lives. */
import { spawnSync } from 'node:child_process'

export interface RunningProcess {
  readonly pid: number
  readonly command: string
}

/** All processes that `pid` started, and those that they started. */
export function descendantsOf(pid: number): readonly RunningProcess[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
  const all = stdout.split('\n').flatMap((line) => {
    const [, own, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return own === undefined ? [] : [{ pid: Number(own), parent: Number(parent), command: command ?? '' }]
  })
  const below = (from: number): readonly RunningProcess[] =>
    all.filter(({ parent }) => parent === from).flatMap((child) => [child, ...below(child.pid)])
  return below(pid)
}

/** The engine child that an executor runs at the moment. */
export const engineOf = (executorPid: number): number => childOf(executorPid, 'engine-child')

/** The one below `parent` whose command holds these words. @throws Error when there is none at the moment */
export function childOf(parent: number, words: string): number {
  const found = descendantsOf(parent).find(({ command }) => command.includes(words))
  if (found === undefined) throw new Error(`${parent} has no child ${words}`)
  return found.pid
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
