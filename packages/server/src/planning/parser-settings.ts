/**
 * Settings of DuckDB that change what a text means when it is parsed. They are written into the text that is
 * planned and do not travel with the job: the SQL of stages is ours and means the same in every session.
 */
type Settings = Readonly<Record<string, string>>

const integerDivision = 'integer_division'

export const dividesIntegers = (settings: Settings): boolean =>
  /^(true|t|1|on|yes)$/i.test(settings[integerDivision] ?? '')

export const withoutParserSettings = (settings: Settings): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => name !== integerDivision))
