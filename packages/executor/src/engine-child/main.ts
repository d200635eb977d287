/**
 * The engine process: DuckDB behind messages from the supervisor that started it. It ends with its
 * supervisor, and leaves signals of the terminal to it.
 */
import { asQueryError, assertNever, present } from '@arbalest/common'
import { createEngine } from '@arbalest/engine'
import type { EnginePort } from '@arbalest/plan'
import { onMessages, sendMessage } from '@arbalest/protocol/child-messages'
import type { EngineReply, EngineRequest } from '../engine-channel/messages.js'

let engine: EnginePort | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.on('disconnect', endNow)
onMessages<EngineRequest>(process, (message) => void onRequest(message))

/** An ordinary exit would wait for the threads of native calls; nothing here is worth waiting for. */
function endNow(): void {
  process.kill(process.pid, 'SIGKILL')
}

async function onRequest(request: EngineRequest): Promise<void> {
  switch (request.kind) {
    case 'cancel':
      return engine?.cancel(request.attemptId)
    case 'close':
      await engine?.close()
      return endNow()
    case 'start':
    case 'run':
    case 'inspect':
      // A reply that cannot be sent has lost its reader: `disconnect` follows.
      return sendMessage(process, await answer(request) satisfies EngineReply)
  }
  return assertNever(request)
}

type Call = Extract<EngineRequest, { readonly callId: number }>

async function answer(call: Call): Promise<EngineReply> {
  const { callId } = call
  try {
    switch (call.kind) {
      case 'start': {
        const opened = createEngine(call.options)
        engine = opened
        return { kind: 'started', callId, info: await opened.start() }
      }
      case 'run':
        return { kind: 'ran', callId, output: await started().run(call.attempt) }
      case 'inspect':
        return { kind: 'inspected', callId, replies: await started().inspect(call.requests) }
    }
    return assertNever(call)
  } catch (thrown) {
    return { kind: 'failed', callId, error: asQueryError(thrown).toWire() }
  }
}

const started = (): EnginePort => present(engine, 'the first request starts the engine')
