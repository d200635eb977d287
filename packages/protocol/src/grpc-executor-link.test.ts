/** Which schedulers an executor follows. */
import { afterEach, expect, test } from 'vitest'
import { DiscoveryService } from './generated/arbalest.js'
import { discoverControl } from './grpc-executor-link.js'
import { unaryHandler } from './grpc-handlers.js'
import { createGrpcServer } from './grpc-server.js'
import { openGuardedListener } from './guarded-listener.js'
import { protocolVersion } from './messages.js'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

test('those of its own protocol and of the next one, and no others', async () => {
  for (const theirs of [protocolVersion, protocolVersion + 1]) {
    const port = await schedulerOf(theirs)
    expect(await discoverControl({ host: '127.0.0.1', port })).toMatchObject({ host: '127.0.0.1', port })
  }
  for (const theirs of [protocolVersion - 1, 99]) {
    const port = await schedulerOf(theirs)
    await expect(discoverControl({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'PROTOCOL_MISMATCH' })
  }
})

/** Its port: it tells nothing but its version. */
async function schedulerOf(theirs: number): Promise<number> {
  const grpc = createGrpcServer({ tokens: [], messageBytesMax: 1_000 })
  const listener = await openGuardedListener({ host: '127.0.0.1', port: 0 }, (socket) => grpc.accept(socket))
  grpc.addService(DiscoveryService, {
    discover: unaryHandler(() => Promise.resolve({ host: '', port: 0, protocolVersion: theirs })),
  })
  closers.push(() => grpc.close(), () => listener.close())
  return listener.port
}
