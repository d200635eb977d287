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
import { exchangeHandler, streamHandler, unaryHandler } from './grpc-handlers.js'
import { jsonPieces, jsonValue } from './json-pieces.js'
import { executorOrderShape, inspectRequestsShape, jobSubmissionShape } from './message-shapes.js'
import type { SchedulerService } from './messages.js'
import { remotePlanner } from './planner-calls.js'
import type { Shape } from './shape.js'

const asJson = (value: unknown): readonly Json[] => jsonPieces('scheduler to front', value)

export function schedulerHandlers(service: SchedulerService): UntypedServiceImplementation {
  return {
    submit: jsonHandler(jobSubmissionShape, 'submission', async (submission) => ({
      jobId: await service.submit(submission),
    })),
    watch: streamHandler<JobRef, Json>((request, signal) => watch(service, request, signal)),
    cancel: answerHandler<CancelRequest>(({ jobId, reason }) => service.cancel(parseJobId(jobId), reason)),
    releaseResult: unaryHandler<JobRef, Empty>(async ({ jobId }) => {
      await service.releaseResult(parseJobId(jobId))
      return {}
    }),
    details: answerHandler<JobRef>(({ jobId }) => service.details(parseJobId(jobId))),
    jobs: answerHandler<Empty>(() => service.jobs()),
    executors: answerHandler<Empty>(() => service.executors()),
    orderExecutor: jsonHandler(executorOrderShape, 'order', (order) => service.orderExecutor(order)),
    inspect: jsonHandler(inspectRequestsShape, 'requests', (requests, signal) =>
      service.inspect(requests, signal),
    ),
    offerPlanner(call: ServerDuplexStream<PlannerAnswer, PlannerCall>) {
      call.sendMetadata(new Metadata())
      service.offerPlanner(remotePlanner(call))
    },
  }
}

/** One value in, one out, both in pieces. */
const jsonHandler = <T>(
  shape: Shape<T>,
  what: string,
  answer: (value: T, signal: AbortSignal) => Promise<unknown>,
) =>
  exchangeHandler<Json, Json>(async (pieces, signal) =>
    asJson(await answer(jsonValue(pieces, shape, what), signal)),
  )

/** A small question, and a value in pieces. */
const answerHandler = <Request>(answer: (request: Request) => Promise<unknown>) =>
  streamHandler<Request, Json>(async function* (request) {
    yield* asJson(await answer(request))
  })

async function* watch(
  service: SchedulerService,
  { jobId }: JobRef,
  signal: AbortSignal,
): AsyncGenerator<Json> {
  for await (const status of service.watch(parseJobId(jobId), signal)) yield* asJson(status)
}
