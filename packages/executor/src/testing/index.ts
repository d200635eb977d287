/** The executor's core for simulations of a whole cluster: its reducer, its state, its laws. */
export type { AttemptOutcome, ExecutorEffect } from '../core/effect.js'
export type { ExecutorEvent } from '../core/event.js'
export { reduce } from '../core/reduce.js'
export { type ExecutorState, initialState } from '../core/state.js'
export { checkInvariants } from './check-invariants.js'
