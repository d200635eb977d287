/** Whom to call over gRPC, and how: address, token, TLS. */
import { Client, Metadata, credentials, type ChannelCredentials } from '@grpc/grpc-js'
import { limits } from '@arbalest/common'

/** PEM texts. Without `ca` the system's authorities count; `cert` and `key` are for servers that ask for them. */
export interface ClientTls {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
}

export interface GrpcTarget {
  readonly host: string
  readonly port: number
  readonly token?: string | undefined
  /** `undefined` speaks without TLS. */
  readonly tls?: ClientTls | undefined
  /** Wait for the answer to a short call; `limits.rpcTimeoutMs` unless given. */
  readonly rpcTimeoutMs?: number | undefined
  /** Sent with each call, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export const targetAddress = ({
  host,
  port,
}: {
  readonly host: string
  readonly port: number
}): string =>
  host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`

/** A client with a connection of its own; to be closed. */
export function openClient(target: GrpcTarget): Client {
  return new Client(targetAddress(target), channelCredentials(target.tls), {
    'grpc.max_receive_message_length': limits.grpcMessageBytesMax,
    'grpc.max_send_message_length': limits.grpcMessageBytesMax,
    'grpc.keepalive_time_ms': limits.keepaliveIntervalMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    'grpc-node.flow_control_window': limits.grpcWindowBytes,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_channelz': 0,
  })
}

export function callMetadata(target: GrpcTarget): Metadata {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(target.headers ?? {})) metadata.set(name, value)
  if (target.token !== undefined) metadata.set('authorization', `Bearer ${target.token}`)
  return metadata
}

function channelCredentials(tls: ClientTls | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure()
  const bytes = (pem: string | Buffer | undefined): Buffer | null =>
    pem === undefined ? null : Buffer.from(pem)
  return credentials.createSsl(bytes(tls.ca), bytes(tls.key), bytes(tls.cert))
}
