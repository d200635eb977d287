export type {
  ExecuteEvent,
  ExecuteRequest,
  JobAnswer,
  JobProgress,
  ResultColumn,
  ResultData,
  StatementPiece,
  StatementResult,
} from './front-messages.js'
export type { ParameterValue, ParameterValues } from './parameter-values.js'
export {
  protocolVersion,
  type AttemptRecord,
  type AttemptState,
  type AttemptUpdate,
  type ExecutorAction,
  type ExecutorHealth,
  type ExecutorMessage,
  type ExecutorOrder,
  type ExecutorOrdered,
  type ExecutorRecord,
  type JobDetails,
  type JobState,
  type JobStatus,
  type JobSubmission,
  type MessageStream,
  type Registration,
  type ResultPart,
  type SchedulerLink,
  type SchedulerMessage,
  type SchedulerService,
  type StageRecord,
  type StageState,
  type UnfoldingPlanner,
  type UnfoldRequest,
} from './messages.js'

export { checkMessageSize, largestMessages, type MessageChannel } from './message-pieces.js'

// in one process
export { inProcessSchedulerLink, messageStreamPair } from './in-process.js'

// over gRPC: executors, scheduler, front
export { discoverControl, grpcSchedulerLink } from './grpc-executor-link.js'
export {
  startGrpcControlServer,
  type ControlServer,
  type ControlServerOptions,
} from './grpc-control-server.js'
export { grpcSchedulerClient, type SchedulerClient } from './grpc-scheduler-client.js'
export { GrpcCaller, type CallOptions } from './grpc-calls.js'
export { targetAddress, type ClientTls, type GrpcTarget } from './grpc-target.js'
export { createGrpcServer, type GrpcServer } from './grpc-server.js'
export { streamHandler, unaryHandler, type SendAll } from './grpc-handlers.js'
export { fromGrpcError, toGrpcStatus, type GrpcStatus } from './error-mapping.js'
export { DiscoveryService, FrontService } from './generated/arbalest.js'
export type * as wire from './generated/arbalest.js'
export {
  checkTextLength,
  decodeExecuteEvent,
  decodeExecuteRequest,
  decodeJobAnswer,
  decodeStatementPiece,
  encodeExecuteEvent,
  encodeExecuteRequest,
  encodeJobAnswer,
} from './front-codec.js'

// files that many attempts read
export { encodeStreamMessage, namingPieceLists, type StreamMessage } from './piece-lists.js'

// Arrow
export { flightService } from './flight-service.js'
export { decodeFlightData, flightDataFrame, type FlightData } from './flight-data.js'
export { chunkSource, type ByteSource } from './byte-source.js'
export {
  frameIpcMessage,
  ipcEndMark,
  readIpcMessages,
  readMessageHeader,
  type IpcMessage,
} from './arrow-ipc.js'

// directories
export { lockDirectory, type DirectoryLock } from './directory-lock.js'

// ports
export { checkBindAddress, isLoopback } from './check-bind-address.js'
export { tokenCheck, type TokenCheck } from './bearer-token.js'
export {
  openGuardedListener,
  type GuardedListener,
  type HttpVersion,
  type ListenerOptions,
  type ServerTls,
} from './guarded-listener.js'
