/** Keeps what a planner was taught, so that another one can be brought to where it was. */
import type { PlannedTable, Planner, QualifiedName } from './planner.js'
import { plannerMethods, type PlannerMethod, type RefillCall } from './planner-calls.js'

export interface RememberedPlanner {
  /** Calls `call` for each method. */
  readonly planner: Omit<Planner, 'close' | 'isUp'>
  /** What teaches a new planner all that holds now, in order. */
  refillCalls(): readonly RefillCall[]
}

const keyOf = (name: QualifiedName): string => `${name.schema}.${name.name}`.toLowerCase()

export function rememberTaught(
  call: (method: PlannerMethod, args: readonly unknown[]) => Promise<unknown>,
): RememberedPlanner {
  const tables = new Map<string, PlannedTable>()
  /** How views, macros, types and sequences were made, in that order: each comes after what it uses. */
  const definitions = new Map<string, RefillCall>()
  const keep = (kind: string, name: QualifiedName, made: RefillCall): void => {
    const key = `${kind} ${keyOf(name)}`
    definitions.delete(key)
    definitions.set(key, made)
  }
  const forget = (kind: string, name: QualifiedName): void => void definitions.delete(`${kind} ${keyOf(name)}`)
  const proxy = Object.fromEntries(
    plannerMethods.map((method) => [method, (...args: unknown[]) => call(method, args)]),
  ) as unknown as Omit<Planner, 'close' | 'isUp'>
  const planner: Omit<Planner, 'close' | 'isUp'> = {
    ...proxy,
    async putTable(table) {
      const key = keyOf(table.name)
      await proxy.putTable(table)
      tables.set(key, table)
    },
    async dropTable(name) {
      await proxy.dropTable(name).finally(() => tables.delete(keyOf(name)))
    },
    async putView(name, columns, sql) {
      await proxy.putView(name, columns, sql)
      keep('view', name, { method: 'putView', args: [name, columns, sql] })
    },
    async dropView(name) {
      await proxy.dropView(name).finally(() => forget('view', name))
    },
    async putMacro(macro) {
      await proxy.putMacro(macro)
      keep('macro', macro.name, { method: 'putMacro', args: [macro] })
    },
    async dropMacro(name) {
      await proxy.dropMacro(name).finally(() => forget('macro', name))
    },
    async putType(name, type) {
      await proxy.putType(name, type)
      keep('type', name, { method: 'putType', args: [name, type] })
    },
    async dropType(name) {
      await proxy.dropType(name).finally(() => forget('type', name))
    },
    async putSequence(name, options) {
      await proxy.putSequence(name, options)
      keep('sequence', name, { method: 'putSequence', args: [name, options] })
    },
    async dropSequence(name) {
      await proxy.dropSequence(name).finally(() => forget('sequence', name))
    },
  }
  const refillCalls = (): readonly RefillCall[] => [
    ...[...tables.values()].map((table): RefillCall => ({ method: 'putTable', args: [table] })),
    ...definitions.values(),
  ]
  return { planner, refillCalls }
}
