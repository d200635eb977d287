/**
 * Hosts on a network of their own: network namespaces on one bridge of this machine. Needs root and the
 * `ip` command; everything it made is gone after `close`, also when the process of the test ends early.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'

const environment = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` }

/** Why there can be no namespaces here, or `undefined` where there can. */
export function namespacesMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const probe = `arbprobe${process.pid}`
  const { error, status, stderr } = spawnSync('ip', ['netns', 'add', probe], { env: environment, encoding: 'utf8' })
  if (error !== undefined) return 'the command ip is missing'
  if (status !== 0) return `this machine makes no network namespaces: ${stderr.trim()}`
  spawnSync('ip', ['netns', 'del', probe], { env: environment })
  return undefined
}

export interface NetworkHost {
  readonly address: string
  /** Runs a Node program on the host. */
  run(args: readonly string[], options?: { readonly cwd?: string }): HostProcess
  /** Pulls the cable, or puts it back. */
  link(state: 'up' | 'down'): void
  /** What it sends to the other host gets lost on the way, or arrives again; what comes from there arrives always. */
  wayTo(peer: NetworkHost, state: 'up' | 'down'): void
}

export interface HostProcess {
  readonly pid: number
  /** Everything it has written so far, both streams. */
  output(): string
  /** Resolves when a line matches. @throws Error when the process ends before */
  line(pattern: RegExp): Promise<string>
  readonly ended: Promise<void>
}

export interface HostNetwork {
  readonly hosts: readonly NetworkHost[]
  /** Ends all processes of the hosts, then removes hosts and network. */
  close(): Promise<void>
}

/** A network with hosts .11, .12, …; this machine is .1. @throws Error with what `ip` says */
export async function makeNetwork(hostCount: number): Promise<HostNetwork> {
  const id = process.pid.toString(36)
  const bridge = `ab${id}`
  const subnet = `10.${130 + (process.pid % 100)}.${(process.pid >> 7) % 250}`
  const names = Array.from({ length: hostCount }, (_, index) => `${bridge}h${index}`)
  const children = new Set<ChildProcess>()
  const cleaner = startCleaner(bridge, names)

  const makeHost = (name: string, index: number): NetworkHost => {
    const address = `${subnet}.${11 + index}`
    ip('netns', 'add', name)
    ip('link', 'add', `${name}v`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    ip('link', 'set', `${name}v`, 'master', bridge, 'up')
    ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0')
    ip('-n', name, 'link', 'set', 'lo', 'up')
    ip('-n', name, 'link', 'set', 'eth0', 'up')
    return {
      address,
      run(args, options = {}) {
        const child = spawn('ip', ['netns', 'exec', name, process.execPath, ...args], {
          stdio: ['ignore', 'pipe', 'pipe'],
          env: environment,
          ...options,
        })
        children.add(child)
        child.once('exit', () => children.delete(child))
        return hostProcess(child)
      },
      link: (state) => ip('link', 'set', `${name}v`, state),
      wayTo(peer, state) {
        const entry = [peer.address, 'lladdr', nobody, 'dev', 'eth0']
        if (state === 'down') ip('-n', name, 'neigh', 'replace', ...entry, 'nud', 'permanent')
        else ip('-n', name, 'neigh', 'del', ...entry)
      },
    }
  }

  try {
    ip('link', 'add', bridge, 'type', 'bridge')
    ip('address', 'add', `${subnet}.1/24`, 'dev', bridge)
    ip('link', 'set', bridge, 'up')
    return {
      hosts: names.map(makeHost),
      async close() {
        const ends = [...children].map((child) => new Promise((resolve) => child.once('exit', resolve)))
        for (const child of children) child.kill('SIGINT')
        const timer = setTimeout(() => children.forEach((child) => child.kill('SIGKILL')), stopGraceMs)
        await Promise.all(ends)
        clearTimeout(timer)
        await cleaner.clean()
      },
    }
  } catch (error) {
    await cleaner.clean()
    throw error
  }
}

/** An address on the bridge that no host has. */
const nobody = '02:00:00:00:00:01'

/** Time for an orderly end. */
const stopGraceMs = 10_000

function ip(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', args, { env: environment, encoding: 'utf8' })
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`)
}

/** Removes everything when it is told to, or when this process has ended, however it did. */
function startCleaner(bridge: string, names: readonly string[]): { clean(): Promise<void> } {
  const script = `
    cat > /dev/null
    for name in ${names.join(' ')}; do
      ip netns pids $name | xargs -r kill -KILL
      ip netns del $name
      ip link del $\{name}v
    done
    ip link del ${bridge}`
  const child = spawn('sh', ['-c', script], { env: environment, detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    clean() {
      child.stdin.end()
      return ended
    },
  }
}

function hostProcess(child: ChildProcess): HostProcess {
  let text = ''
  const wakeups = new Set<() => void>()
  const wake = (): void => wakeups.forEach((each) => each())
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      wake()
    })
  }
  let over = false
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      over = true
      resolve()
      wake()
    })
  })
  return {
    pid: child.pid ?? 0,
    output: () => text,
    ended,
    line: (pattern) => new Promise((resolve, reject) => {
      const look = (): void => {
        const found = text.split('\n').find((line) => pattern.test(line))
        if (found === undefined && !over) return
        wakeups.delete(look)
        if (found === undefined) reject(new Error(`the process ended: ${text}`))
        else resolve(found)
      }
      wakeups.add(look)
      look()
    }),
  }
}
