/** The front: what listens on the port of the cluster and plans what comes in. */
import type { Planner } from './planning/planner.js'
import { startReplaceable } from './planning/planner-in-process.js'

export { createFrontBackend, type FrontOptions } from './front-backend.js'
export { openDiskStore } from './catalog/store/disk-store.js'
export * from './network/index.js'
export type { Planner } from './planning/planner.js'
export { startPlannerProcess, type PlannerProcess, type PlannerProcessOptions } from './planning/planner-process.js'
export { systemClock } from './system-clock.js'

/**
 * A planner in this process, for clusters whose only user is the one who started them. Loads DuckDB, which
 * a front with a planner child never does.
 */
export async function startPlannerInProcess(): Promise<Planner> {
  const { createPlanner } = await import('./planning/planner-host.js')
  return startReplaceable(createPlanner)
}
