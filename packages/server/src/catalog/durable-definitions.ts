/** Macros, types and sequences that outlive the process, but for those of a session. */
import { temporaryPrefix } from '@arbalest/common'
import { definitionKey, type DefinitionEntry, type Definitions } from './definitions.js'

export interface DurableDefinitions extends Definitions {
  /** Writes what has been put or dropped since the last time; undefined stands for what was dropped. */
  flush(write: (kind: string, key: string, value: DefinitionEntry | undefined) => Promise<void>): Promise<void>
}

export function durableDefinitions(definitions: Definitions): DurableDefinitions {
  const dirty = new Map<string, DefinitionEntry | undefined>()
  return {
    ...definitions,
    put(entry) {
      definitions.put(entry)
      if (!entry.name.schema.startsWith(temporaryPrefix)) dirty.set(definitionKey(entry), entry)
    },
    drop(reference) {
      definitions.drop(reference)
      if (!reference.name.schema.startsWith(temporaryPrefix)) dirty.set(definitionKey(reference), undefined)
    },
    async flush(write) {
      for (const [key, entry] of [...dirty]) {
        await write('definition', key, entry)
        dirty.delete(key)
      }
    },
  }
}
