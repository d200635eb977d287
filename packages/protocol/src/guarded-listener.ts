/**
 * A listening port that tells HTTP/2 from HTTP/1 by the first bytes of each connection, plain or below TLS,
 * and hands the socket on as it was. Who says nothing, or nonsense, is closed; so is who comes above the
 * limit of connections.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { limits, queryError } from '@arbalest/common'

/** Certificate and key as PEM. With `clientCa` only clients with a certificate of that authority get in. */
export interface ServerTls {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  readonly clientCa?: string | Buffer
}

export interface ListenerOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly tls?: ServerTls
  readonly connectionsMax?: number
  readonly firstBytesTimeoutMs?: number
}

export type HttpVersion = 'http1' | 'http2'

export interface GuardedListener {
  readonly port: number
  /** Ends the connection of a peer, named as `address:port`. */
  cutOff(peer: string): void
  /** Stops listening and ends all connections. */
  close(): Promise<void>
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/** @throws QueryError PORT_IN_USE, INVALID_OPTION */
export async function openGuardedListener(
  options: ListenerOptions,
  onConnection: (socket: Socket, version: HttpVersion) => void,
): Promise<GuardedListener> {
  const timeoutMs = options.firstBytesTimeoutMs ?? limits.firstBytesTimeoutMs
  const sockets = new Set<Socket>()
  const sniff = (socket: Socket): void => awaitFirstBytes(socket, timeoutMs, onConnection)
  const server =
    options.tls === undefined
      ? createServer({ noDelay: true }, sniff)
      : tlsServer(options.tls, timeoutMs, sniff)
  server.maxConnections = options.connectionsMax ?? limits.connectionsMax
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // A connection that breaks is the end of that connection only.
    socket.on('error', () => socket.destroy())
  })
  await listen(server, options)
  return {
    port: (server.address() as AddressInfo).port,
    cutOff(peer) {
      for (const socket of sockets) {
        if (`${socket.remoteAddress}:${socket.remotePort}` === peer) socket.destroy()
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function tlsServer(tls: ServerTls, timeoutMs: number, onSecure: (socket: Socket) => void): Server {
  const client =
    tls.clientCa === undefined
      ? {}
      : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }
  const server = createTlsServer(
    {
      cert: tls.cert,
      key: tls.key,
      ALPNCallback: ({ protocols }) => chooseProtocol(protocols),
      handshakeTimeout: timeoutMs,
      noDelay: true,
      ...client,
    },
    (socket) => {
      socket.on('error', () => socket.destroy())
      onSecure(socket)
    },
  )
  server.on('tlsClientError', (_, socket) => socket.destroy())
  return server
}

async function listen(server: Server, { host, port }: ListenerOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const error =
        cause.code === 'EADDRINUSE'
          ? queryError('PORT_IN_USE', { host, port }, { cause })
          : queryError(
              'INVALID_OPTION',
              { option: `${host}:${port}`, reason: cause.message },
              { cause },
            )
      reject(error)
    })
    server.listen({ host, port }, resolve)
  })
  server.removeAllListeners('error')
  server.on('error', () => undefined)
}

/** Reads until the version is clear, puts the bytes back, and lets go of the socket. */
function awaitFirstBytes(
  socket: Socket,
  timeoutMs: number,
  onConnection: (socket: Socket, version: HttpVersion) => void,
): void {
  let seen: Buffer = Buffer.alloc(0)
  const timer = setTimeout(() => socket.destroy(), timeoutMs)
  const letGo = (): void => {
    clearTimeout(timer)
    socket.off('readable', onReadable)
    socket.off('close', letGo)
  }
  const onReadable = (): void => {
    const chunk = socket.read() as Buffer | null
    if (chunk === null) return
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
    const version = httpVersion(seen)
    if (version === 'unclear') return
    letGo()
    if (version === 'neither') {
      socket.destroy()
      return
    }
    socket.unshift(seen)
    onConnection(socket, version)
  }
  socket.on('readable', onReadable)
  socket.once('close', letGo)
}

function httpVersion(bytes: Buffer): HttpVersion | 'unclear' | 'neither' {
  const length = Math.min(bytes.length, preface.length)
  if (bytes.subarray(0, length).equals(preface.subarray(0, length))) {
    return length === preface.length ? 'http2' : 'unclear'
  }
  return /^[A-Z]{1,7}( |$)/.test(bytes.toString('latin1', 0, 8)) &&
    !bytes.toString('latin1', 0, 4).startsWith('PRI')
    ? 'http1'
    : 'neither'
}

/**
 * HTTP/2 carries only gRPC here, whose clients offer nothing else. Who offers HTTP/1.1 as well is a browser
 * or its like, and gets that. Who offers neither is refused by the handshake.
 */
function chooseProtocol(offered: readonly string[]): string | undefined {
  return ['http/1.1', 'h2'].find((protocol) => offered.includes(protocol))
}
