/** What the supervisor and its engine child say to each other: one request, one reply of the same call. */
import type { AttemptId, WireError } from '@arbalest/common'
import type {
  EngineAttempt, EngineInfo, EngineOptions, EngineOutput, InspectReply, InspectRequest,
} from '@arbalest/plan'

export type EngineRequest =
  | { readonly kind: 'start'; readonly callId: number; readonly options: EngineOptions }
  | { readonly kind: 'run'; readonly callId: number; readonly attempt: EngineAttempt }
  | { readonly kind: 'inspect'; readonly callId: number; readonly requests: readonly InspectRequest[] }
  /** Has no reply: the `run` of the attempt ends. */
  | { readonly kind: 'cancel'; readonly attemptId: AttemptId }
  /** Has no reply: the child exits. */
  | { readonly kind: 'close' }

export type EngineReply =
  | { readonly kind: 'started'; readonly callId: number; readonly info: EngineInfo }
  | { readonly kind: 'ran'; readonly callId: number; readonly output: EngineOutput }
  | { readonly kind: 'inspected'; readonly callId: number; readonly replies: readonly InspectReply[] }
  | { readonly kind: 'failed'; readonly callId: number; readonly error: WireError }
