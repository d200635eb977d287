/** Which calls are complete in the plan: binding removes arguments of some functions. */
import { asList, type JsonObject } from './json-value.js'
import { unreadable } from './unreadable-plan.js'

/** Refuses a call that is not given by its name and the arguments it still has. */
export function checkCall(object: JsonObject, name: string): void {
  const catalog = object['catalog_name']
  if (catalog !== 'system' && catalog !== '') return unreadable(`function ${name} of the catalog`)
  const original = asList(object['original_arguments'], 'function')
  const children = asList(object['children'], 'function')
  if (original.length > 0 && original.length !== children.length) return unreadable(`arguments of ${name}`)
}
