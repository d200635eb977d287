/** What passes between the front and the planner child: method calls and their replies. */
import type { WireError } from '@arbalest/common'
import type { Planner } from './planner.js'

export type PlannerMethod = Exclude<keyof Planner, 'close' | 'isUp'>

export const plannerMethods: readonly PlannerMethod[] = [
  'putTable', 'dropTable', 'putView', 'dropView', 'putMacro', 'dropMacro', 'putType', 'dropType',
  'references', 'withFileTables', 'prepare', 'check', 'columns', 'typeOf', 'constant',
  'unfold', 'explain',
]

export interface PlannerCall {
  readonly id: number
  readonly method: PlannerMethod
  readonly args: readonly unknown[]
}

export type PlannerReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: WireError }
