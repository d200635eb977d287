/** What a process of the cluster says to the process that started it, over the channel between them. */
import type { WireError } from '@arbalest/common'

/** The first message: what the process is to be. Secrets travel here, never in arguments. */
export interface RoleConfig<Options> {
  readonly kind: 'config'
  readonly options: Options
}

export type RoleReply<Ready> =
  | { readonly kind: 'ready'; readonly ready: Ready }
  | { readonly kind: 'failed'; readonly error: WireError }
