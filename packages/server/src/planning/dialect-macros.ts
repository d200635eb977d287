/** The macros of functions that other engines have. */
import { dialectSchema } from '@arbalest/common'
import { dialectFunctions } from '@arbalest/planner'
import type { PlannedMacro } from './planner.js'

export const dialectMacros: readonly PlannedMacro[] = dialectFunctions.map(({ name, definitions }) => ({
  name: { schema: dialectSchema, name },
  text: definitions.map(([parameters, body]) => `(${parameters.join(', ')}) AS ${body}`).join(', '),
  definitions: definitions.map(([parameters, body]) => ({
    parameters: parameters.map((parameter) => ({ name: parameter, type: undefined, defaultValue: undefined })),
    isTable: false, body, bodyStart: 0,
  })),
}))
