/** Calls over gRPC as promises and iterables, with AbortSignal and errors of ours. */
import type { Client, ClientReadableStream, MethodDefinition } from '@grpc/grpc-js'
import { limits, queryError } from '@arbalest/common'
import { fromGrpcError } from './error-mapping.js'
import { messageGate } from './message-gate.js'
import { callMetadata, openClient, targetAddress, type GrpcTarget } from './grpc-target.js'

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** 0 waits for ever. */
  readonly timeoutMs?: number
}

export interface StreamOptions extends CallOptions {
  /** Messages that may wait for their reader, where gRPC's own number is too large. */
  readonly aheadMax?: number
}

/** Calls to one server over one connection. */
export class GrpcCaller {
  readonly client: Client
  readonly address: string
  /** Of calls that say nothing else. */
  readonly timeoutMs: number
  private readonly target: GrpcTarget
  /** Calls under way: a closed client of gRPC would let them go on. */
  private readonly active = new Set<{ cancel(): void }>()
  private closed = false

  constructor(target: GrpcTarget) {
    this.target = target
    this.timeoutMs = target.rpcTimeoutMs ?? limits.rpcTimeoutMs
    this.address = targetAddress(target)
    this.client = openClient(target)
  }

  /** @throws QueryError of the server, or SCHEDULER_UNREACHABLE; the signal's reason when it aborts */
  unary<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    { signal, timeoutMs = this.timeoutMs }: CallOptions = {},
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const refusal = this.refusal(signal)
      if (refusal !== undefined) {
        reject(refusal)
        return
      }
      const call = this.client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        callMetadata(this.target),
        timeoutMs === 0 ? {} : { deadline: Date.now() + timeoutMs },
        (error, response) => {
          signal?.removeEventListener('abort', onAbort)
          this.active.delete(call)
          if (error === null && response !== undefined) resolve(response)
          else reject(this.failure(error, signal))
        },
      )
      this.active.add(call)
      const onAbort = (): void => call.cancel()
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /**
   * The messages of a server stream, taken as fast as they are read. Leaving the loop cancels the call.
   * @throws QueryError of the server, or SCHEDULER_UNREACHABLE; the signal's reason when it aborts
   */
  async *stream<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    { signal, aheadMax = Number.POSITIVE_INFINITY }: StreamOptions = {},
  ): AsyncGenerator<Response, void, undefined> {
    const refusal = this.refusal(signal)
    if (refusal !== undefined) throw refusal
    const gate = messageGate(aheadMax)
    const call: ClientReadableStream<Response> = this.client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      callMetadata(this.target),
      { interceptors: [gate.interceptor] },
    )
    this.active.add(call)
    const onAbort = (): void => call.cancel()
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      for await (const message of call) {
        gate.taken()
        yield message as Response
      }
    } catch (thrown) {
      throw this.failure(thrown, signal)
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.active.delete(call)
      gate.open()
      // The call may still report its cancellation when nobody listens any more.
      call.on('error', () => undefined)
      call.cancel()
    }
  }

  /**
   * Sends what there is to send and takes all messages of the answer.
   * @throws QueryError as `unary`
   */
  exchange<Request, Response>(
    method: MethodDefinition<Request, Response>,
    requests: readonly Request[],
    { signal, timeoutMs = this.timeoutMs }: CallOptions = {},
  ): Promise<readonly Response[]> {
    return new Promise((resolve, reject) => {
      const refusal = this.refusal(signal)
      if (refusal !== undefined) return reject(refusal)
      const call = this.client.makeBidiStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        callMetadata(this.target),
        timeoutMs === 0 ? {} : { deadline: Date.now() + timeoutMs },
      )
      const responses: Response[] = []
      const onAbort = (): void => call.cancel()
      const settle = (): void => {
        signal?.removeEventListener('abort', onAbort)
        this.active.delete(call)
      }
      this.active.add(call)
      signal?.addEventListener('abort', onAbort, { once: true })
      call.on('data', (response: Response) => responses.push(response))
      call.once('end', () => {
        settle()
        resolve(responses)
      })
      call.on('error', (error) => {
        settle()
        reject(this.failure(error, signal))
      })
      for (const request of requests) call.write(request)
      call.end()
    })
  }

  /** Opens a bidirectional stream. */
  duplex<Request, Response>(method: MethodDefinition<Request, Response>) {
    return this.client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      callMetadata(this.target),
    )
  }

  /** Cancels what is under way. */
  close(): void {
    this.closed = true
    for (const call of this.active) call.cancel()
    this.client.close()
  }

  /** Why a call cannot begin. */
  private refusal(signal: AbortSignal | undefined): Error | undefined {
    if (signal?.aborted === true) return signal.reason as Error
    if (!this.closed) return undefined
    return queryError('INVALID_REQUEST', { reason: `the connection to ${this.address} was closed` })
  }

  private failure(thrown: unknown, signal: AbortSignal | undefined): Error {
    if (signal?.aborted === true) return signal.reason as Error
    if (this.closed) {
      const reason = 'the connection was closed on this side'
      return queryError('SCHEDULER_UNREACHABLE', { address: this.address, reason }, { cause: thrown })
    }
    return fromGrpcError(thrown, this.address)
  }
}
