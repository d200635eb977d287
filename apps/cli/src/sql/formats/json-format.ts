/** JSON: one array of objects a statement; NDJSON: one object a row. */
import type { ResultColumn } from '@arbalest/protocol'
import type { TextRow } from '../sql-session.js'
import { jsonEncoder } from './json-value.js'
import type { ResultFormat } from './result-format.js'

export const jsonFormat: ResultFormat = {
  text: true,
  async write(run, output, { signal }) {
    const object = rowEncoder(run.columns)
    let separator = '['
    for await (const row of run.textRows(signal)) {
      await output.write(`${separator}${object(row)}`)
      separator = ',\n '
    }
    await output.write(separator === '[' ? '[]\n' : ']\n')
  },
}

export const ndjsonFormat: ResultFormat = {
  text: true,
  async write(run, output, { signal }) {
    const object = rowEncoder(run.columns)
    for await (const row of run.textRows(signal)) await output.write(`${object(row)}\n`)
  },
}

function rowEncoder(columns: readonly ResultColumn[]): (row: TextRow) => string {
  const keys = distinctNames(columns.map(({ name }) => name)).map((name) => JSON.stringify(name))
  const encoders = columns.map(({ type }) => jsonEncoder(type))
  return (row) => {
    const members = encoders.map((encode, index) => `${keys[index] ?? ''}:${encode(row[index] ?? null)}`)
    return `{${members.join(',')}}`
  }
}

/** Columns of the same name get `_1`, `_2`, … behind it: a reader keeps one member of each name. */
function distinctNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  for (const name of names) {
    let free = name
    for (let suffix = 1; taken.has(free); suffix++) free = `${name}_${suffix}`
    taken.add(free)
  }
  return [...taken]
}
