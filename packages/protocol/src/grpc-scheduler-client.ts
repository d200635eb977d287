/** The scheduler's service as the front calls it over gRPC. */
import { parseJobId } from '@arbalest/common'
import { SchedulerService as Definition } from './generated/arbalest.js'
import { GrpcCaller } from './grpc-calls.js'
import type { GrpcTarget } from './grpc-target.js'
import {
  executorRecordsShape,
  inspectRepliesShape,
  jobDetailsShape,
  jobStatusShape,
  jobStatusesShape,
} from './message-shapes.js'
import type { JobStatus, SchedulerService, UnfoldingPlanner } from './messages.js'
import { answerPlannerCalls } from './planner-calls.js'
import { decodeJson, encodeJson } from './shape.js'

/** Wait before a planner is offered again to a scheduler that was lost. */
const offerAgainMs = 200

export interface SchedulerClient extends SchedulerService {
  /** Whether the scheduler holds the offered planner at the moment. */
  readonly plannerOffered: boolean
  close(): void
}

export function grpcSchedulerClient(target: GrpcTarget): SchedulerClient {
  const caller = new GrpcCaller(target)
  const offer = plannerOffer(caller)
  return {
    get plannerOffered() {
      return offer.taken()
    },
    offerPlanner: (planner) => offer.start(planner),
    async submit(submission) {
      const { jobId } = await caller.unary(Definition.submit, { json: encodeJson(submission) })
      return parseJobId(jobId)
    },
    watch: (jobId, signal) => watch(caller, jobId, signal),
    async cancel(jobId, reason) {
      const { json } = await caller.unary(Definition.cancel, { jobId, reason })
      return decodeJson(json, jobStatusShape, 'status')
    },
    async releaseResult(jobId) {
      await caller.unary(Definition.releaseResult, { jobId })
    },
    async details(jobId) {
      const { json } = await caller.unary(Definition.details, { jobId })
      return decodeJson(json, jobDetailsShape, 'details')
    },
    async jobs() {
      const { json } = await caller.unary(Definition.jobs, {})
      return decodeJson(json, jobStatusesShape, 'jobs')
    },
    async executors() {
      const { json } = await caller.unary(Definition.executors, {})
      return decodeJson(json, executorRecordsShape, 'executors')
    },
    async inspect(requests, signal) {
      // Thousands of files take their time; the signal and the executor's own limits end it.
      const { json } = await caller.unary(
        Definition.inspect,
        { json: encodeJson(requests) },
        { signal, timeoutMs: 0 },
      )
      return decodeJson(json, inspectRepliesShape, 'replies')
    },
    close() {
      offer.stop()
      caller.close()
    },
  }
}

async function* watch(
  caller: GrpcCaller,
  jobId: string,
  signal: AbortSignal,
): AsyncGenerator<JobStatus> {
  for await (const { json } of caller.stream(Definition.watch, { jobId }, { signal })) {
    yield decodeJson(json, jobStatusShape, 'status')
  }
}

/** Keeps a planner offered: a stream that ends is opened again until `stop`. */
function plannerOffer(caller: GrpcCaller) {
  let stopped = false
  let taken = false
  let cancel: () => void = () => undefined
  let timer: NodeJS.Timeout | undefined
  const start = (planner: UnfoldingPlanner): void => {
    const call = caller.duplex(Definition.offerPlanner)
    cancel = () => call.cancel()
    answerPlannerCalls(call, planner)
    call.once('metadata', () => {
      taken = true
    })
    call.on('error', () => undefined)
    call.once('status', () => {
      taken = false
      if (!stopped) timer = setTimeout(() => start(planner), offerAgainMs)
    })
  }
  return {
    start,
    taken: () => taken,
    stop(): void {
      stopped = true
      clearTimeout(timer)
      cancel()
    },
  }
}
