/**
 * Keeps a stream's reader from being sent more than it takes: gRPC's own queue holds sixteen messages, which
 * for rows are that many megabytes that outlive the garbage collector's quick rounds.
 */
import { InterceptingCall, type Interceptor } from '@grpc/grpc-js'

export interface MessageGate {
  readonly interceptor: Interceptor
  /** The reader has one message less before it. */
  taken(): void
  /** From now on everything passes. */
  open(): void
}

/** A gate for one call, before which at most so many messages wait for their reader. */
export function messageGate(messagesMax: number): MessageGate {
  let ahead = 0
  let isOpen = false
  let held: (() => void) | undefined
  const letThrough = (): void => {
    const pass = held
    if (pass === undefined || (ahead >= messagesMax && !isOpen)) return
    held = undefined
    ahead += 1
    pass()
  }
  return {
    interceptor: (options, nextCall) =>
      new InterceptingCall(nextCall(options), {
        start(metadata, _, next) {
          next(metadata, {
            // gRPC hands over one message at a time: the next one comes when this has passed.
            onReceiveMessage(message: unknown, pass) {
              held = () => pass(message)
              letThrough()
            },
          })
        },
      }),
    taken() {
      ahead -= 1
      letThrough()
    },
    open() {
      isOpen = true
      letThrough()
    },
  }
}
