/**
 * Settings of DuckDB that change what a text means when it is parsed. They are written into the text that is
 * planned and do not travel with the job: the SQL of stages is ours and means the same in every session.
 */
import { textSettings } from '@arbalest/common'
import type { DefaultOrders } from '@arbalest/planner'

type Settings = Readonly<Record<string, string>>

const integerDivision = 'integer_division'

export const dividesIntegers = (settings: Settings): boolean =>
  /^(true|t|1|on|yes)$/i.test(settings[integerDivision] ?? '')

/** Undefined when the session sorts by DuckDB's defaults. */
export function defaultOrders({ default_order: order, default_null_order: nullOrder }: Settings):
  DefaultOrders | undefined {
  return order === undefined && nullOrder === undefined ? undefined : { order, nullOrder }
}

/** What a connection that parses the session's own texts is set to. */
export const ofConnection = (settings: Settings): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !textSettings.includes(name)))

export const withoutParserSettings = (settings: Settings): Settings =>
  Object.fromEntries(Object.entries(ofConnection(settings)).filter(([name]) => name !== integerDivision))
