/** Whether the machine has what executors need: memory, disk, data that can be read. */
import { access, constants, mkdir, stat, statfs } from 'node:fs/promises'
import type { Finding } from './finding.js'

const gibibyte = 2 ** 30
/** Below the first an executor does not get far; below the second large joins spill. */
const memoryBytesMin = gibibyte / 2
const memoryBytesGood = 2 * gibibyte
const diskBytesMin = gibibyte / 10
const diskBytesGood = 5 * gibibyte

export function checkMemory(bytes: number): Finding {
  const name = 'memory'
  const detail = `${sizeText(bytes)} for this process and its children`
  if (bytes < memoryBytesMin) {
    return { name, status: 'fail', detail, mend: 'Give the container more memory.' }
  }
  if (bytes < memoryBytesGood) {
    return { name, status: 'warn', detail, mend: 'Large joins and sorts will use the disk.' }
  }
  return { name, status: 'ok', detail }
}

/** The file system of a directory for shuffle files and spilling, which is made if need be. */
export async function checkDisk(workDir: string): Promise<Finding> {
  const name = 'disk'
  try {
    await mkdir(workDir, { recursive: true })
    await access(workDir, constants.W_OK)
    const { bavail, bsize } = await statfs(workDir)
    const free = bavail * bsize
    const detail = `${sizeText(free)} free in ${workDir}`
    const mend = 'Free some, or give executors another --work-dir.'
    if (free < diskBytesMin) return { name, status: 'fail', detail, mend }
    return free < diskBytesGood ? { name, status: 'warn', detail, mend } : { name, status: 'ok', detail }
  } catch (thrown) {
    const detail = `${workDir} cannot be written: ${reasonOf(thrown)}`
    return { name, status: 'fail', detail, mend: 'Give executors another --work-dir.' }
  }
}

export async function checkDataDir(dataDir: string): Promise<Finding> {
  const name = 'data'
  try {
    if (!(await stat(dataDir)).isDirectory()) {
      const detail = `${dataDir} is not a directory`
      return { name, status: 'fail', detail, mend: 'Name the directory around it.' }
    }
    await access(dataDir, constants.R_OK | constants.X_OK)
    return { name, status: 'ok', detail: `${dataDir} can be read` }
  } catch (thrown) {
    const mend = 'Check the path and the rights of this user.'
    return { name, status: 'fail', detail: `${dataDir} cannot be read: ${reasonOf(thrown)}`, mend }
  }
}

const sizeText = (bytes: number): string => `${(bytes / gibibyte).toFixed(1)} GiB`

const reasonOf = (thrown: unknown): string =>
  (thrown as NodeJS.ErrnoException).code ?? (thrown instanceof Error ? thrown.message : String(thrown))
