/** Runs attempts and serves shuffle files: the supervisor of an engine and its engine process. */
export { createExecutor } from './supervisor/executor.js'
export type {
  ExecutorAddress, ExecutorEnding, ExecutorHandle, ExecutorOptions,
} from './supervisor/executor-options.js'
export type { FetchSettings } from './supervisor/shuffle-fetch.js'
