/** A version of a table becomes the one that everybody sees. */
import type { TableEntry } from '../catalog/catalog.js'
import type { StatementContext } from '../statements/statement-context.js'

const tellingTriesMax = 3

/**
 * Within `catalog.change`. Once it is saved it counts: the planner is told again where it dies meanwhile, and
 * a planner that never comes back answers no statement either.
 * @throws QueryError what saving throws; then nothing has changed
 */
export async function publishEntry(
  entry: TableEntry,
  { catalog, planner }: Pick<StatementContext, 'catalog' | 'planner'>,
): Promise<void> {
  await catalog.save(entry)
  catalog.put(entry)
  for (let tries = 0; tries < tellingTriesMax; tries++) {
    const isTold = await planner.putTable(entry).then(() => true, () => false)
    if (isTold) return
  }
}
