/** `SessionContext` as users import it: the client's, with a cluster in this process besides. */
import { SessionContext as ClientContext, type RemoteOptions } from '@arbalest/client'
import { startStandalone, type StandaloneOptions } from './standalone.js'

export interface StandaloneContextOptions extends StandaloneOptions {
  /** Settings of the session, as `SET` takes them. */
  readonly settings?: RemoteOptions['settings']
}

/** A session on a cluster. */
export type SessionContext = ClientContext

export const SessionContext = {
  /**
   * Opens a session on a running cluster.
   * @throws QueryError SCHEDULER_UNREACHABLE, UNAUTHENTICATED, UNKNOWN_SETTING, INVALID_OPTION
   */
  remote: (url: string, options?: RemoteOptions): Promise<ClientContext> => ClientContext.remote(url, options),

  /** Starts a cluster in this process and opens a session on it; closing the context ends the cluster. */
  async standalone(options: StandaloneContextOptions = {}): Promise<ClientContext> {
    const cluster = await startStandalone(options)
    const { url, token } = cluster
    try {
      return await ClientContext.remote(url, { token, settings: options.settings, onClosed: cluster.close })
    } catch (error) {
      await cluster.close()
      throw error
    }
  },
}
