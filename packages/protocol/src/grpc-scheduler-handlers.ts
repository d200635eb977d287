/** The scheduler's service for the front, answered over gRPC. */
import { Metadata, type ServerDuplexStream, type UntypedServiceImplementation } from '@grpc/grpc-js'
import { parseJobId } from '@arbalest/common'
import type {
  CancelRequest,
  Empty,
  JobRef,
  Json,
  PlannerAnswer,
  PlannerCall,
} from './generated/arbalest.js'
import { streamHandler, unaryHandler } from './grpc-handlers.js'
import { inspectRequestsShape, jobSubmissionShape } from './message-shapes.js'
import type { SchedulerService } from './messages.js'
import { remotePlanner } from './planner-calls.js'
import { decodeJson, encodeJson } from './shape.js'

const asJson = (value: unknown): Json => ({ json: encodeJson(value) })

export function schedulerHandlers(service: SchedulerService): UntypedServiceImplementation {
  return {
    submit: unaryHandler<Json, JobRef>(async ({ json }) => ({
      jobId: await service.submit(decodeJson(json, jobSubmissionShape, 'submission')),
    })),
    watch: streamHandler<JobRef, Json>((request, signal) => watch(service, request, signal)),
    cancel: unaryHandler<CancelRequest, Json>(async ({ jobId, reason }) =>
      asJson(await service.cancel(parseJobId(jobId), reason)),
    ),
    releaseResult: unaryHandler<JobRef, Empty>(async ({ jobId }) => {
      await service.releaseResult(parseJobId(jobId))
      return {}
    }),
    details: unaryHandler<JobRef, Json>(async ({ jobId }) =>
      asJson(await service.details(parseJobId(jobId))),
    ),
    jobs: unaryHandler<Empty, Json>(async () => asJson(await service.jobs())),
    executors: unaryHandler<Empty, Json>(async () => asJson(await service.executors())),
    inspect: unaryHandler<Json, Json>(async ({ json }, signal) =>
      asJson(await service.inspect(decodeJson(json, inspectRequestsShape, 'requests'), signal)),
    ),
    offerPlanner(call: ServerDuplexStream<PlannerAnswer, PlannerCall>) {
      call.sendMetadata(new Metadata())
      service.offerPlanner(remotePlanner(call))
    },
  }
}

async function* watch(
  service: SchedulerService,
  { jobId }: JobRef,
  signal: AbortSignal,
): AsyncGenerator<Json> {
  for await (const status of service.watch(parseJobId(jobId), signal)) yield asJson(status)
}
