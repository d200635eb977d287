/** The checks of all messages in `messages.ts`, as they arrive from another process. */
import { limits, parseAttemptId, parseExecutorId, parseJobId, queryErrorFromWire } from '@arbalest/common'
import type { AttemptId, WireError } from '@arbalest/common'
import type {
  AttemptReport,
  AttemptSpec,
  ClusterFacts,
  InspectReply,
  InspectRequest,
  UnfoldStep,
} from '@arbalest/plan'
import type {
  AttemptUpdate,
  ExecutorMessage,
  ExecutorOrder,
  ExecutorOrdered,
  ExecutorRecord,
  JobDetails,
  JobStatus,
  JobSubmission,
  UnfoldRequest,
} from './messages.js'
import { unpackPieces, type PackedPieces, type PieceList, type StreamMessage } from './piece-lists.js'
import {
  amount,
  list,
  mapOf,
  object,
  oneOf,
  optional,
  parsed,
  text,
  truth,
  trusted,
  union,
  wholeNumber,
  type Shape,
} from './shape.js'

const name = text(1_000)
const longText = text(limits.wholeMessageBytesMax)
const count = wholeNumber(0, Number.MAX_SAFE_INTEGER)
const jobId = parsed(parseJobId)
const executorId = parsed(parseExecutorId)
const attemptId = parsed((id): AttemptId => {
  parseAttemptId(id)
  return id as AttemptId
})
const port = wholeNumber(1, 65_535)

const wireErrorFields = object({
  code: name,
  message: longText,
  position: optional(count),
  jobId: optional(name),
})
const fieldValue: Shape<string | number | undefined> = (value, path) =>
  typeof value === 'number' ? value : optional(longText)(value, path)

/** An error of a peer; a code that only a newer peer knows becomes INTERNAL. */
export const wireErrorShape: Shape<WireError> = (value, path) => {
  const { fields } = object({ fields: optional(mapOf(fieldValue)) })(value, path)
  return queryErrorFromWire({ ...wireErrorFields(value, path), fields: fields ?? {} }).toWire()
}

const committedFile = object({
  partition: count,
  rows: count,
  bytes: count,
  crc32: optional(count),
  partitionRows: optional(text(16_384)),
})
const metrics = object({
  startedMs: amount,
  fetchedMs: amount,
  computedMs: amount,
  committedMs: amount,
  inputRows: amount,
  inputBytes: amount,
  fetchedBytes: amount,
  cpuMs: amount,
  spilledBytes: amount,
  peakMemoryBytes: amount,
})
const report: Shape<AttemptReport> = object({
  files: list(committedFile),
  rows: count,
  bytes: count,
  metrics,
  inline: optional(longText),
  store: optional(name),
  sequences: optional(mapOf(text(20))),
  tookAlternative: optional(truth),
})

const attemptUpdate: Shape<AttemptUpdate> = union<AttemptUpdate>({
  running: object({ attemptId, atMs: amount }),
  succeeded: object({ attemptId, report }),
  failed: object({ attemptId, error: wireErrorShape, lostInputs: list(attemptId) }),
  cancelled: object({ attemptId }),
})

const registration = object({
  protocolVersion: count,
  executorId,
  host: text(255),
  port,
  slots: wholeNumber(1, 10_000),
  threads: wholeNumber(1, 10_000),
  memoryLimitBytes: count,
  labels: optional(list(name)),
  machine: optional(object({ id: name, cores: wholeNumber(1, 1_000_000) })),
  takesLists: optional(truth),
  engineFingerprint: name,
  version: name,
  pid: count,
  heldOutputs: list(attemptId),
  runningAttempts: list(attemptId),
})
const health = object({
  runningAttempts: count,
  residentBytes: amount,
  cpuMs: amount,
  workDirBytes: amount,
})
const callId = wholeNumber(0, 0xffff_ffff)
const inspectReply = trusted<InspectReply>({ kind: oneOf('unchanged', 'inspected') })
const inspectRequest = trusted<InspectRequest>({ table: longText, locations: list(longText) })
const empty: Shape<object> = () => ({})

export const executorMessageShape: Shape<ExecutorMessage> = union<ExecutorMessage>({
  register: object({ registration }),
  heartbeat: object({ health }),
  updates: object({ updates: list(attemptUpdate) }),
  inspected: object({ callId, replies: list(inspectReply) }),
  'inspect-failed': object({ callId, error: wireErrorShape }),
  draining: empty,
})

const attemptSpec = trusted<AttemptSpec>({ attemptId, sql: longText })

const anything: Shape<undefined> = () => undefined
const packedPieces = trusted<PackedPieces>({ executors: list(anything), rows: list(anything) })
const pieceList: Shape<Omit<PieceList, 'kind'>> = (value, path) => {
  const read = object({ jobId, list: name, pieces: packedPieces })(value, path)
  return { ...read, pieces: unpackPieces(read.jobId, read.pieces) }
}

export const schedulerMessageShape: Shape<StreamMessage> = union<StreamMessage>({
  'piece-list': pieceList,
  registered: empty,
  refused: object({ error: wireErrorShape }),
  launch: object({ jobToken: name, attempts: list(attemptSpec) }),
  cancel: object({ attemptIds: list(attemptId) }),
  'forget-job': object({ jobId }),
  inspect: object({ callId, requests: list(inspectRequest) }),
  'shut-down': empty,
})

const clusterShape = trusted<ClusterFacts>({ executors: count, slots: count, threadsPerExecutor: count })
export const unfoldStepShape: Shape<UnfoldStep> = trusted<UnfoldStep>({
  mode: oneOf('whole', 'distributed'),
  modeReason: longText,
  stages: list(object({})),
  decisions: list(object({})),
  finished: truth,
})

export const jobSubmissionShape: Shape<JobSubmission> = object({
  sql: longText,
  jobName: optional(longText),
  sessionId: optional(name),
  preparedQuery: longText,
  firstStep: optional(object({ cluster: clusterShape, step: unfoldStepShape })),
  settings: mapOf(longText),
  compression: oneOf('none', 'lz4', 'zstd'),
  timeoutMs: optional(amount),
  pool: optional(name),
  priority: amount,
  speculation: optional(truth),
  endsWithClient: optional(truth),
  labels: optional(list(name)),
})

const jobStates = ['queued', 'planning', 'running', 'succeeded', 'failed', 'cancelled'] as const
const resultPart = object({
  executorId,
  host: text(255),
  port,
  attemptId,
  rows: count,
  bytes: count,
  inline: optional(longText),
  sequences: optional(mapOf(text(20))),
  buckets: optional(list(count)),
})
const result = object({
  columns: list(
    trusted<{ readonly name: string; readonly type: never }>({ name: longText, type: object({}) }),
  ),
  rows: count,
  bytes: count,
  parts: list(resultPart),
  jobToken: name,
})
export const jobStatusShape: Shape<JobStatus> = object({
  jobId,
  state: oneOf(...jobStates),
  name: optional(longText),
  pool: optional(name),
  priority: amount,
  revision: count,
  stagesDone: count,
  stagesKnown: count,
  attemptsRunning: count,
  submittedMs: amount,
  startedMs: optional(amount),
  endedMs: optional(amount),
  mode: optional(oneOf('whole', 'distributed')),
  modeReason: optional(longText),
  error: optional(wireErrorShape),
  result: optional(result),
})

export const jobStatusesShape = list(jobStatusShape)
export const jobDetailsShape: Shape<JobDetails> = trusted<JobDetails>({
  status: jobStatusShape,
  sql: longText,
  stages: list(object({})),
  decisions: list(object({})),
})
const executorRecord = trusted<ExecutorRecord>({
  registration,
  state: oneOf('active', 'suspect', 'draining', 'lost'),
  standing: oneOf('trusted', 'aside', 'probation'),
  isCordoned: truth,
})
export const executorRecordsShape: Shape<readonly ExecutorRecord[]> = list(executorRecord)
export const executorOrderShape: Shape<ExecutorOrder> = object({
  executorId, action: oneOf('set-aside', 'drain', 'take-back'), isDryRun: truth,
})
export const executorOrderedShape: Shape<ExecutorOrdered> = object({
  executor: executorRecord, jobs: count, outputs: count,
})
export const inspectRequestsShape = list(inspectRequest)
export const inspectRepliesShape = list(inspectReply)

/** A question of the planner, which may leave out what the front knows. */
export type UnfoldCall = Omit<UnfoldRequest, 'preparedQuery'> & { readonly preparedQuery?: string | undefined }

export const unfoldCallShape: Shape<UnfoldCall> = trusted<UnfoldCall>({
  jobId,
  preparedQuery: optional(longText),
  cluster: clusterShape,
  published: list(object({})),
  nextStageId: wholeNumber(1, 1_000_000_000),
})
