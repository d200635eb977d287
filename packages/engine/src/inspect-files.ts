/** Looks at the files of tables: which they are, what state they are in, what they hold. */
import { createHash } from 'node:crypto'
import { limits, queryError } from '@arbalest/common'
import type { InspectReply, InspectRequest, SourceFile } from '@arbalest/plan'
import type { DataDirectories } from './data-directories.js'
import type { Connection, Database } from './database.js'
import { expandLocations } from './expand-locations.js'
import { statFiles, type FileStat } from './footer-cache.js'
import { footerSummary, type FooterSummaries } from './footer-summary.js'
import type { FoundFile } from './found-file.js'
import { inspectParquet } from './inspect-parquet.js'
import { inspectText } from './inspect-text.js'
import { mapLimited } from './map-limited.js'

export interface InspectContext {
  readonly database: Database
  readonly directories: DataDirectories
  readonly summaries: FooterSummaries
}

/** @throws QueryError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_SCHEMAS_DIFFER, PATH_NOT_ALLOWED */
export async function inspectFiles(request: InspectRequest, context: InspectContext): Promise<InspectReply> {
  let opened: Connection | undefined
  // Most tables are as they were, and need none.
  const connection = (): Connection => (opened ??= context.database.connect())
  try {
    const { directories } = context
    const { format } = request.reader
    const paths = await expandLocations(request.locations, { connection, directories, format })
    const states = await statFiles(paths)
    const found = await mapLimited(paths, limits.fileReadConcurrency, (path, at) =>
      find(path, states[at], request, context))
    const files = found.map(sourceFile)
    const version = versionOf(files)
    if (version === request.knownVersion) return { kind: 'unchanged' }
    const facts = format === 'parquet'
      ? await inspectParquet(request, found, connection())
      : await inspectText(request, found, connection())
    return { kind: 'inspected', version, source: { table: request.table, files, ...facts } }
  } finally {
    await opened?.close()
  }
}

async function find(
  path: string,
  state: FileStat | undefined,
  { reader }: InspectRequest,
  { summaries }: InspectContext,
): Promise<FoundFile> {
  if (state === undefined) throw queryError('FILE_NOT_FOUND', { path })
  const footer = reader.format === 'parquet' ? await footerSummary(path, state, summaries) : undefined
  return { path, state, footer }
}

const sourceFile = ({ path, state, footer }: FoundFile): SourceFile => ({
  path,
  sizeBytes: state.sizeBytes,
  mtimeNs: state.mtimeNs,
  footerHash: footer?.hash ?? '',
  rows: footer?.rows,
  rowGroupRows: footer?.rowGroupRows ?? [],
})

function versionOf(files: readonly SourceFile[]): string {
  const hash = createHash('sha256')
  for (const { path, sizeBytes, mtimeNs, footerHash } of files) {
    hash.update(JSON.stringify([path, sizeBytes, mtimeNs, footerHash]))
  }
  return hash.digest('hex').slice(0, 32)
}
