/** Arbalest: a distributed SQL engine for Node, with DuckDB executing on every node. */
export {
  DataFrame, formatTable, typed, type CallOptions, type Parameter, type Parameters, type RegisterOptions,
  type RemoteOptions, type Row, type RunOptions, type ShowOptions, type TextRows, type Value,
} from '@arbalest/client'
export { QueryError, version, type ErrorCategory, type ErrorCode } from '@arbalest/common'
export { SessionContext, type StandaloneContextOptions } from './session-context.js'
export { startStandalone, type StandaloneCluster, type StandaloneOptions } from './standalone.js'
