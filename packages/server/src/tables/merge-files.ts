/** A table of many small files gets few larger ones: statements that write a row each leave a file each. */
import { limits, quoteIdentifier } from '@arbalest/common'
import type { ExecuteEvent } from '@arbalest/protocol'
import type { QualifiedName } from '../planning/planner.js'
import type { StatementContext } from '../statements/statement-context.js'
import { commitVersion, managedTable } from './commit-version.js'
import { compose } from './composed-text.js'
import type { ManagedFile } from './managed-table.js'
import { warehouseFor } from './warehouse.js'
import { writeRows } from './write-rows.js'

/** Small files of one bucket, if all have as many. */
const smallFilesOfBucketMax = 4

/** Does nothing while there are few. What is appended meanwhile stays; a lost race is no failure. */
export async function* mergeSmallFiles(
  name: QualifiedName,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, void> {
  const { managed } = managedTable(name, context)
  const { tableId, columns, schemaRevision, buckets } = managed
  // One task leaves a file for each bucket: then there are few again.
  const most = Math.max(limits.smallTableFilesMax, (buckets?.count ?? 0) * smallFilesOfBucketMax)
  if (smallTail(managed.files).length <= most) return
  const release = await context.locks.take(tableId, context.signal)
  try {
    const small = smallTail(managedTable(name, context).managed.files)
    if (small.length <= most) return
    const list = columns.map((column) => quoteIdentifier(column.name)).join(', ')
    const query = compose(`SELECT ${list} FROM ${quoteIdentifier(name.schema)}.${quoteIdentifier(name.name)}`)
    const warehouse = warehouseFor('INSERT', context.warehouse)
    const only = new Set(small.map(({ path }) => path))
    const inOneTask = buckets !== undefined
    const request = { warehouse, tableId, columns, query, buckets, inOneTask, only }
    const { files, status } = yield* writeRows(request, context)
    const isIn = await commitVersion(name, tableId, (current) => {
      const first = current.files.findIndex(({ path }) => only.has(path))
      const others = current.files.filter(({ path }) => !only.has(path))
      const fits = current.schemaRevision === schemaRevision && current.files.length - others.length === only.size
      return fits ? { ...current, files: others.toSpliced(first, 0, ...files) } : undefined
    }, context)
    if (!isIn) await warehouse.removeFilesOf(status.jobId, warehouse.directoryOf(tableId))
  } finally {
    release()
  }
}

/** The small files at the end, where rows are appended. */
function smallTail(files: readonly ManagedFile[]): readonly ManagedFile[] {
  const large = files.findLastIndex(({ sizeBytes }) => sizeBytes > limits.smallTableFileBytes)
  return files.slice(large + 1)
}
