/** Whether the programs below Arbalest are there: Node, and DuckDB, loaded and asked. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duckdbVersion } from '@arbalest/common'
import type { Finding } from './finding.js'

/** The oldest Node that is known to work. */
const oldestNode = [20, 19] as const
const duckdbMemoryBytes = 256 * 1024 * 1024

export function checkNode(nodeVersion: string): Finding {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  const [oldestMajor, oldestMinor] = oldestNode
  const isNewEnough = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
  if (isNewEnough) return { name: 'Node', status: 'ok', detail: nodeVersion }
  const mend = `Install Node ${oldestNode.join('.')} or newer.`
  return { name: 'Node', status: 'fail', detail: `${nodeVersion} is too old`, mend }
}

/** Opens DuckDB as an executor does and lets it compute. */
export async function checkDuckdb(): Promise<Finding> {
  const name = 'DuckDB'
  const workDir = await mkdtemp(join(tmpdir(), 'arbalest-doctor-'))
  try {
    const { createEngine } = await import('@arbalest/engine')
    const memoryLimitBytes = duckdbMemoryBytes
    const engine = createEngine({ threads: 1, memoryLimitBytes, workDir, dataDirs: undefined })
    const { fingerprint } = await engine.start()
    await engine.close()
    if (fingerprint.startsWith(`duckdb-v${duckdbVersion}-`)) {
      return { name, status: 'ok', detail: `${duckdbVersion} loads and answers (${fingerprint})` }
    }
    const mend = `Install the version that belongs to this program: ${duckdbVersion}.`
    return { name, status: 'fail', detail: `another version answers: ${fingerprint}`, mend }
  } catch (thrown) {
    const detail = `it does not load: ${thrown instanceof Error ? thrown.message : String(thrown)}`
    const mend = 'Install again with optional packages: npm install --include=optional'
    return { name, status: 'fail', detail, mend }
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
}
