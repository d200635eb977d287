/** What every statement may use while it runs. */
import type { ClusterFacts } from '@arbalest/plan'
import type { SchedulerService } from '@arbalest/protocol'
import type { Catalog } from '../catalog/catalog.js'
import type { TableResolver } from '../catalog/table-resolver.js'
import type { JobResults } from '../job-results.js'
import type { Planner } from '../planning/planner.js'
import type { PreparedTexts } from '../planning/prepared-texts.js'
import type { Session } from '../sessions.js'
import type { JobSequences } from './job-sequences.js'
import type { LeftJobs } from './left-jobs.js'
import type { TableLocks } from '../tables/table-locks.js'
import type { Warehouse } from '../tables/warehouse.js'

export interface StatementContext {
  readonly catalog: Catalog
  readonly planner: Planner
  readonly texts: PreparedTexts
  readonly resolver: TableResolver
  readonly scheduler: SchedulerService
  readonly results: JobResults
  /** Undefined where the cluster keeps no tables of its own. */
  readonly warehouse: Warehouse | undefined
  readonly locks: TableLocks
  readonly jobSequences: JobSequences
  readonly leftJobs: LeftJobs
  readonly session: Session
  clusterFacts(): Promise<ClusterFacts>
  /** The cluster of the last job; undefined before there was any, and where the whole plan is to be seen. */
  readonly lastCluster: ClusterFacts | undefined
  readonly signal: AbortSignal
  /** Whether the client wants every column as text. */
  readonly textResult: boolean
}
