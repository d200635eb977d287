/** Connections of processes, as the system counts them; each can be cut as a dying network would. */
import { spawnSync } from 'node:child_process'

interface Connection {
  readonly local: string
  readonly peer: string
}

/** The established TCP connections of a process. */
function connectionsOf(pid: number): readonly Connection[] {
  const { stdout } = spawnSync('ss', ['-H', '-t', '-n', '-p', 'state', 'established'], { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => line.includes(`pid=${pid},`)).flatMap((line) => {
    const [, , local, peer] = line.trim().split(/\s+/)
    return local === undefined || peer === undefined ? [] : [{ local, peer }]
  })
}

/** Ends all of a process's connections for both sides; gives how many there were. */
export function cutSockets(pid: number): number {
  const connections = connectionsOf(pid)
  for (const { local, peer } of connections) {
    spawnSync('ss', ['-K', '-t', 'state', 'established', 'src', plain(local), 'dst', plain(peer)])
  }
  const left = new Set(connectionsOf(pid).map(({ local, peer }) => `${local} ${peer}`))
  return connections.filter(({ local, peer }) => !left.has(`${local} ${peer}`)).length
}

/** IPv4 addresses come in brackets where a socket takes both kinds. */
const plain = (address: string): string => address.replace(/^\[::ffff:([\d.]+)\]/, '$1')

/** Why connections cannot be cut here, or `undefined` where they can. */
export function cuttingMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'cutting connections needs root'
  return spawnSync('ss', ['-V']).error === undefined ? undefined : 'the command ss is missing'
}
