/** A fresh network namespace (`unshare -n`) has its loopback interface down, and a cluster talks over it. */
import { spawnSync } from 'node:child_process'
import { networkInterfaces } from 'node:os'

/** Brings the loopback interface up where it is down and this user may; says so. */
export function ensureLoopback() {
  if (process.platform !== 'linux') return
  if (Object.values(networkInterfaces()).flat().some((address) => address.internal)) return
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }
  const { status } = spawnSync('ip', ['link', 'set', 'lo', 'up'], { env, stdio: 'ignore' })
  console.log(
    status === 0
      ? 'The loopback interface was down: it is up now.'
      : 'The loopback interface is down and cannot be brought up: try `ip link set lo up` as root.',
  )
}
