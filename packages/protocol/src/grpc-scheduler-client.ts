/** The scheduler's service as the front calls it over gRPC. */
import { parseJobId } from '@arbalest/common'
import type { MethodDefinition } from '@grpc/grpc-js'
import { SchedulerService as Definition, type Json } from './generated/arbalest.js'
import { GrpcCaller, type CallOptions } from './grpc-calls.js'
import type { GrpcTarget } from './grpc-target.js'
import {
  executorOrderedShape,
  executorRecordsShape,
  inspectRepliesShape,
  jobDetailsShape,
  jobStatusShape,
  jobStatusesShape,
} from './message-shapes.js'
import type { JobStatus, SchedulerService, UnfoldingPlanner } from './messages.js'
import { answerPlannerCalls } from './planner-calls.js'
import { jsonPieces, jsonValue, jsonValues } from './json-pieces.js'
import { createSubmittedQueries, type SubmittedQueries } from './submitted-queries.js'
import { object, parsed, type Shape } from './shape.js'

/** Wait before a planner is offered again to a scheduler that was lost. */
const offerAgainMs = 200

export interface SchedulerClient extends SchedulerService {
  /** Whether the scheduler holds the offered planner at the moment. */
  readonly plannerOffered: boolean
  close(): void
}

export function grpcSchedulerClient(target: GrpcTarget): SchedulerClient {
  const caller = new GrpcCaller(target)
  const queries = createSubmittedQueries()
  const offer = plannerOffer(caller, queries)
  return {
    get plannerOffered() {
      return offer.taken()
    },
    offerPlanner: (planner) => offer.start(planner),
    async submit(submission) {
      const pieces = jsonPieces('front to scheduler', submission)
      const { jobId } = await ask(caller, Definition.submit, pieces, submittedShape)
      queries.put(jobId, submission.preparedQuery)
      return jobId
    },
    watch: (jobId, signal) => watch(caller, jobId, signal),
    cancel: (jobId, reason) => ask(caller, Definition.cancel, [{ jobId, reason }], jobStatusShape),
    async releaseResult(jobId) {
      queries.forget(jobId)
      await caller.unary(Definition.releaseResult, { jobId })
    },
    details: (jobId) => ask(caller, Definition.details, [{ jobId }], jobDetailsShape),
    jobs: () => ask(caller, Definition.jobs, [{}], jobStatusesShape),
    executors: () => ask(caller, Definition.executors, [{}], executorRecordsShape),
    orderExecutor(order) {
      const pieces = jsonPieces('front to scheduler', order)
      return ask(caller, Definition.orderExecutor, pieces, executorOrderedShape)
    },
    inspect(requests, signal) {
      const pieces = jsonPieces('front to scheduler', requests)
      // Thousands of files take their time; the signal and the executor's own limits end it.
      return ask(caller, Definition.inspect, pieces, inspectRepliesShape, { signal, timeoutMs: 0 })
    },
    close() {
      offer.stop()
      caller.close()
    },
  }
}

const submittedShape = object({ jobId: parsed(parseJobId) })

async function ask<Request, T>(
  caller: GrpcCaller,
  method: MethodDefinition<Request, Json>,
  requests: readonly Request[],
  shape: Shape<T>,
  options?: CallOptions,
): Promise<T> {
  return jsonValue(await caller.exchange(method, requests, options), shape, 'answer')
}

const watch = (caller: GrpcCaller, jobId: string, signal: AbortSignal): AsyncGenerator<JobStatus> =>
  jsonValues(caller.stream(Definition.watch, { jobId }, { signal }), jobStatusShape, 'status')

/** Keeps a planner offered: a stream that ends is opened again until `stop`. */
function plannerOffer(caller: GrpcCaller, queries: SubmittedQueries) {
  let stopped = false
  let taken = false
  let cancel: () => void = () => undefined
  let timer: NodeJS.Timeout | undefined
  const start = (planner: UnfoldingPlanner): void => {
    const call = caller.duplex(Definition.offerPlanner)
    cancel = () => call.cancel()
    answerPlannerCalls(call, planner, queries)
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
