/** The network side of the front, for the rest of the server package. */
export type { FrontBackend, FrontState, ResultSource } from './front-backend.js'
export { startFrontServer, type FrontServer, type FrontServerOptions } from './one-port.js'
export type { FetchPart } from './result-stream.js'
