/** Runs attempts and serves shuffle files: the supervisor of an engine and its engine process. */
export { createEngineProcess } from './supervisor/engine-process.js'
export type { EngineProcess, EngineProcessOptions } from './supervisor/engine-process.js'
export { createExecutor } from './supervisor/executor.js'
export type {
  ExecutorAddress, ExecutorEnding, ExecutorHandle, ExecutorOptions,
} from './supervisor/executor-options.js'
export type { FetchSettings } from './supervisor/shuffle-fetch.js'
