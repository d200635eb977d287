/** What passes between the front and the planner child: method calls and their replies. */
import type { WireError } from '@arbalest/common'
import type { Planner } from './planner.js'

export type PlannerMethod = Exclude<keyof Planner, 'close' | 'isUp'>

/** One that is left out does not compile. */
const isCalled: Readonly<Record<PlannerMethod, true>> = {
  putTable: true, dropTable: true, putView: true, dropView: true, putMacro: true, dropMacro: true,
  putType: true, dropType: true, putSequence: true, dropSequence: true, references: true, withFileTables: true,
  prepare: true, check: true, constraints: true,
  columns: true, typeOf: true, constant: true, writeRows: true, unfold: true, explain: true,
}

export const plannerMethods = Object.keys(isCalled) as readonly PlannerMethod[]

export interface PlannerCall {
  readonly id: number
  readonly method: PlannerMethod
  readonly args: readonly unknown[]
}

export type PlannerReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  /** `isLast`: the child cannot plan any more. */
  | { readonly id: number; readonly ok: false; readonly error: WireError; readonly isLast: boolean }

/** What teaches a planner a table or another definition. */
export interface RefillCall {
  readonly method: PlannerMethod
  readonly args: readonly unknown[]
}
