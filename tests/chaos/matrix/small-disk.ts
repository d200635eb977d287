/** Disks of their own for work directories, small enough to be filled. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Puts a disk in memory at the directory, which is made. @throws Error with what `mount` says */
export function mountSmallDisk(directory: string, bytes: number): void {
  mkdirSync(directory, { recursive: true })
  const { error, status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'arbalest', directory],
    { encoding: 'utf8' })
  if (error !== undefined || status !== 0) throw new Error(`mount: ${error?.message ?? stderr.trim()}`)
}

/** Takes it away with all that it holds. */
export function unmountSmallDisk(directory: string): void {
  spawnSync('umount', ['--lazy', directory])
}

/** Why there can be none here, or `undefined` where there can. */
export function smallDisksMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'disks of their own need root'
  const directory = mkdtempSync(join(tmpdir(), 'arbalest-disk-'))
  try {
    mountSmallDisk(directory, 2 ** 20)
    unmountSmallDisk(directory)
    return undefined
  } catch (error) {
    return `this machine mounts no disks: ${String(error)}`
  } finally {
    rmdirSync(directory)
  }
}
