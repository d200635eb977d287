/** The scheduler: jobs, stages and attempts, and the streams to executors. */
export type { JobLogEntry, JobLogRecord, ResultPlace } from './core/job-log.js'
export { jobLogVersion } from './core/job-log.js'
export type { CoreLimits } from './core/state.js'
export type { ExecutorStream } from './driver/executor-streams.js'
export type { SchedulerHandle, SchedulerOptions } from './driver/scheduler.js'
export { createScheduler } from './driver/scheduler.js'
export { openLmdbLog, type LmdbLogOptions } from './driver/store/lmdb.js'
export type { JobLog } from './driver/store/job-log-port.js'
