/**
 * Removes files that no version names: of versions that are past, of tables that were dropped, and what
 * writers left that died. A statement that was planned before may still read the first, a job may still be
 * writing the last: a file goes when nobody has named it for a time and no job is older than that.
 */
import { readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { limits, type Clock } from '@arbalest/common'
import type { SchedulerService } from '@arbalest/protocol'
import type { Catalog } from '../catalog/catalog.js'
import type { Warehouse } from './warehouse.js'

export interface WarehouseSweeper {
  /** Looks through the warehouse when that has not been done for a while. Never fails. */
  sweepInTime(): void
  /** Looks through it now. */
  sweep(): Promise<void>
}

export interface SweeperParts {
  readonly warehouse: Warehouse
  readonly catalog: Pick<Catalog, 'list'>
  readonly scheduler: Pick<SchedulerService, 'jobs'>
  readonly clock: Clock
}

export function createSweeper({ warehouse, catalog, scheduler, clock }: SweeperParts): WarehouseSweeper {
  /** When each unnamed file was first seen to be so. */
  const unnamedSince = new Map<string, number>()
  let lastMs = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined

  const sweep = async (): Promise<void> => {
    const files = await filesBelow(warehouse.root)
    const named = new Set(catalog.list().flatMap((entry) => (
      entry.kind === 'table' ? (entry.managed?.files ?? []).map(({ path }) => path) : [])))
    const nowMs = clock.nowMs()
    const jobs = await scheduler.jobs()
    const live = jobs.filter(({ endedMs }) => endedMs === undefined)
    const oldestMs = live.reduce((least, { submittedMs }) => Math.min(least, submittedMs), nowMs)
    for (const path of unnamedSince.keys()) if (named.has(path)) unnamedSince.delete(path)
    for (const path of files) {
      if (named.has(path)) continue
      const sinceMs = unnamedSince.get(path)
      if (sinceMs === undefined) unnamedSince.set(path, nowMs)
      else if (nowMs - sinceMs >= limits.tableFilesKeptMs && sinceMs < oldestMs) {
        await rm(path, { force: true })
        unnamedSince.delete(path)
        // Fails while others are in it.
        await rmdir(join(path, '..')).catch(() => undefined)
      }
    }
  }

  return {
    sweep,
    sweepInTime() {
      const nowMs = clock.nowMs()
      if (running !== undefined || nowMs - lastMs < limits.warehouseSweepMs) return
      lastMs = nowMs
      running = sweep().catch(() => undefined).finally(() => (running = undefined))
    },
  }
}

async function filesBelow(root: string): Promise<readonly string[]> {
  const found = await readdir(root, { withFileTypes: true, recursive: true }).catch(() => [])
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
