/**
 * Options of commands: each has a flag, an environment name and a key in the TOML file, in this order of
 * precedence. Values are checked where they are declared.
 */
import { readFileSync } from 'node:fs'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { parse as parseToml } from 'smol-toml'
import { queryError } from '@arbalest/common'

export interface OptionSpec {
  /** As in `--bind-port <port>`. */
  readonly flags: string
  readonly help: string
  readonly defaultValue?: string | number | boolean
  /** How the default reads in `--help` where it is computed. */
  readonly defaultText?: string
  readonly parse?: (text: string) => unknown
  readonly choices?: readonly string[]
}

/** Adds the options to a command; `section` names its environment prefix and its TOML table. */
export function addOptions(command: Command, section: string, specs: readonly OptionSpec[]): Command {
  for (const spec of specs) {
    const option = new Option(spec.flags, spec.help)
    option.env(`ARBALEST_${section}_${option.name()}`.toUpperCase().replaceAll('-', '_'))
    if (spec.defaultValue !== undefined) option.default(spec.defaultValue, spec.defaultText)
    if (spec.choices !== undefined) option.choices(spec.choices)
    if (spec.parse !== undefined) option.argParser(option.variadic ? collect(spec.parse) : spec.parse)
    command.addOption(option)
  }
  command.option('--config <file>', 'TOML file with these options under [' + section + ']')
  command.hook('preAction', (_, action) => {
    if (action === command) applyConfigFile(command, section)
  })
  return command
}

const collect = (parse: (text: string) => unknown) => (text: string, before: unknown): unknown[] => [
  ...(Array.isArray(before) ? (before as unknown[]) : []),
  parse(text),
]

function applyConfigFile(command: Command, section: string): void {
  const path = (command.opts() as { config?: string }).config
  if (path === undefined) return
  const table = readSection(path, section)
  for (const [key, value] of Object.entries(table)) {
    const option = command.options.find((known) => known.name() === key)
    if (option === undefined) {
      throw queryError('INVALID_OPTION', { option: path, reason: `[${section}] has no key ${key}` })
    }
    const attribute = option.attributeName()
    const source = command.getOptionValueSource(attribute)
    if (source === 'cli' || source === 'env') continue
    command.setOptionValueWithSource(attribute, configValue(option, value, path), 'config')
  }
}

function readSection(path: string, section: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw queryError('INVALID_OPTION', { option: '--config', reason: `${path} cannot be read` })
  }
  try {
    const table = parseToml(text)[section]
    return typeof table === 'object' && !Array.isArray(table) ? (table as Record<string, unknown>) : {}
  } catch (error) {
    const [reason = ''] = String(error instanceof Error ? error.message : error).split('\n')
    throw queryError('INVALID_OPTION', { option: path, reason })
  }
}

function configValue(option: Option, value: unknown, path: string): unknown {
  if (option.parseArg === undefined) return option.isBoolean() ? value === true : String(value)
  const texts = (Array.isArray(value) ? value : [value]).map(String)
  try {
    let parsed: unknown
    for (const text of texts) parsed = option.parseArg(text, parsed as never)
    return parsed
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw queryError('INVALID_OPTION', { option: `${path}: ${option.name()}`, reason })
  }
}

/** A whole number within bounds. */
export const wholeNumber = (low: number, high: number) => (text: string): number => {
  const number = /^\d+$/.test(text) ? Number(text) : NaN
  if (number >= low && number <= high) return number
  throw new InvalidArgumentError(`it is a whole number from ${low} to ${high}`)
}

export const portNumber = wholeNumber(0, 65_535)

const units: Readonly<Record<string, number>> = {
  '': 1, b: 1, k: 1e3, kb: 1e3, m: 1e6, mb: 1e6, g: 1e9, gb: 1e9, t: 1e12, tb: 1e12,
  kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40,
}

/** A size such as `4GiB` or `500MB`, in bytes. */
export function byteSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim())
  const unit = units[(match?.[2] ?? '?').toLowerCase()]
  if (match === null || unit === undefined) throw new InvalidArgumentError('it is a size such as 4GiB or 500MB')
  return Math.floor(Number(match[1]) * unit)
}
