/** SET, RESET and SHOW of settings: ours, and those of DuckDB that are local to a connection. */
import {
  asQueryError, connectionSettings, defaultSettings, queryError, settingDefinitions, textSettings, type SessionSettings,
} from '@arbalest/common'
import { nearestWord } from '@arbalest/planner'
import { duckdbGlobalSettings } from './duckdb-global-settings.js'
import type { Planner } from './planning/planner.js'

/**
 * @throws QueryError UNKNOWN_SETTING, INVALID_SETTING, NOT_ALLOWED for settings of the whole engine,
 *   NOT_IN_THIS_VERSION
 */
export function changeSetting(settings: SessionSettings, name: string, value: string): SessionSettings {
  const own = settingDefinitions.find((definition) => definition.name === name.toLowerCase())
  if (own !== undefined) return refuseWithoutEffect(own.apply(settings, value))
  const duckdb = duckdbSetting(name)
  return { ...settings, duckdb: { ...settings.duckdb, [duckdb]: value } }
}

/** Known settings that nothing heeds yet: saying so is better than to take a value and ignore it. */
function refuseWithoutEffect(settings: SessionSettings): SessionSettings {
  if (!settings.adaptive) {
    const instead = 'the sizes of finished stages always decide about the rest'
    throw queryError('NOT_IN_THIS_VERSION', { what: 'arbalest.adaptive = false', instead })
  }
  return settings
}

/** Back to the default; all of them without a name. */
export function resetSetting(settings: SessionSettings, name: string | undefined): SessionSettings {
  if (name === undefined) return defaultSettings
  const own = settingDefinitions.find((definition) => definition.name === name.toLowerCase())
  if (own !== undefined) return own.apply(settings, own.read(defaultSettings))
  const duckdb = duckdbSetting(name)
  return {
    ...settings,
    duckdb: Object.fromEntries(Object.entries(settings.duckdb).filter(([key]) => key !== duckdb)),
  }
}

export interface ShownSetting {
  readonly name: string
  readonly value: string
  readonly defaultText: string
  readonly meaning: string
}

const duckdbSettings = [...connectionSettings, ...textSettings]

export function showSettings(settings: SessionSettings): readonly ShownSetting[] {
  const own = settingDefinitions.map((definition) => ({
    name: definition.name,
    value: definition.read(settings),
    defaultText: definition.defaultText,
    meaning: definition.meaning,
  }))
  const duckdb = duckdbSettings.map((name) => ({
    name,
    value: settings.duckdb[name] ?? '',
    defaultText: "DuckDB's",
    meaning: 'a setting of DuckDB that travels with the job',
  }))
  return [...own, ...duckdb]
}

/** @throws QueryError UNKNOWN_SETTING */
export function showSetting(settings: SessionSettings, name: string): ShownSetting {
  const found = showSettings(settings).find((shown) => shown.name.toLowerCase() === name.toLowerCase())
  if (found === undefined) throw unknownSetting(name)
  return found
}

function duckdbSetting(name: string): string {
  const found = duckdbSettings.find((known) => known.toLowerCase() === name.toLowerCase())
  if (found === undefined) throw unknownSetting(name)
  return found
}

/**
 * DuckDB itself is asked whether the values fit.
 * @throws QueryError INVALID_SETTING
 */
export async function checkSettings(settings: SessionSettings, planner: Planner): Promise<void> {
  const given = Object.entries(settings.duckdb)
  if (given.length === 0) return
  const request = { sql: 'SELECT 1', files: [], settings, textResult: false, cluster: undefined }
  await planner.prepare(request).catch((thrown: unknown) => {
    const error = asQueryError(thrown)
    if (error.code === 'INVALID_SETTING' || (error.category !== 'user' && error.code !== 'INTERNAL')) throw error
    const [name, value] = given.find(([key]) => error.message.includes(key)) ?? given.at(-1) ?? ['', '']
    throw queryError('INVALID_SETTING', { name, value, reason: error.message }, { cause: error })
  })
}

function unknownSetting(name: string) {
  const global = duckdbGlobalSettings.find((known) => known === name.toLowerCase())
  if (global !== undefined) {
    const reason = 'it is a setting of the whole engine and not of a session; SHOW ALL lists those that can be set'
    return queryError('NOT_ALLOWED', { what: `SET ${global}`, reason })
  }
  const names = [...settingDefinitions.map((definition) => definition.name), ...duckdbSettings]
  const near = nearestWord(name, names)
  return queryError('UNKNOWN_SETTING', { name, nearest: near === undefined ? '' : `; did you mean ${near}?` })
}
