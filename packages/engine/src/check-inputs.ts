/** Checks that the files an attempt reads are the ones that the query was planned with. */
import { limits, queryError } from '@arbalest/common'
import type { FileIdentity, LocalInput } from '@arbalest/plan'
import { statFiles } from './footer-cache.js'
import { footerSummary, type FooterSummaries, type FooterSummary } from './footer-summary.js'
import { mapLimited } from './map-limited.js'

export interface ScannedFile extends FileIdentity {
  /** Whether it is one of a managed table: such files never change. */
  readonly isManaged: boolean
}

/** The files of all scans, each once. */
export function scannedFiles(inputs: readonly LocalInput[]): readonly ScannedFile[] {
  const byPath = new Map<string, ScannedFile>()
  for (const input of inputs) {
    if (input.kind !== 'files') continue
    const isManaged = input.reader.encoded === true
    for (const { file } of input.splits) byPath.set(file.path, { ...file, isManaged })
  }
  return [...byPath.values()]
}

/**
 * Gives the footers of Parquet files by path.
 * @throws QueryError FILE_NOT_FOUND, INPUT_CHANGED, TABLE_DAMAGED or FILE_UNREADABLE, each naming the file.
 */
export async function checkIdentities(
  files: readonly ScannedFile[],
  summaries: FooterSummaries,
): Promise<ReadonlyMap<string, FooterSummary>> {
  const footers = new Map<string, FooterSummary>()
  const states = await statFiles(files.map(({ path }) => path))
  await mapLimited(files, limits.fileReadConcurrency, async (file, at) => {
    const found = states[at]
    const { path } = file
    if (found === undefined) throw missing(file)
    if (found.sizeBytes !== file.sizeBytes || found.mtimeNs !== file.mtimeNs) throw changed(file)
    if (file.footerHash === '') return
    const footer = await footerSummary(path, found, summaries)
    if (footer.hash !== file.footerHash) throw changed(file)
    footers.set(path, footer)
  })
  return footers
}

const missing = ({ path, isManaged }: ScannedFile) =>
  isManaged ? queryError('TABLE_DAMAGED', { path, problem: 'is gone' }) : queryError('FILE_NOT_FOUND', { path })

const changed = ({ path, isManaged }: ScannedFile) => (isManaged
  ? queryError('TABLE_DAMAGED', { path, problem: 'is not as it was written' })
  : queryError('INPUT_CHANGED', { path }))

/** What attempts read in rows and bytes. A piece of a file counts with its share of the bytes. */
export function measureInputs(
  inputs: readonly LocalInput[],
  footers: ReadonlyMap<string, FooterSummary>,
): { readonly rows: number; readonly bytes: number } {
  let rows = 0
  let bytes = 0
  for (const input of inputs) {
    if (input.kind === 'shuffle') {
      rows += input.rows
      bytes += input.bytes
      continue
    }
    for (const { file, range } of input.splits) {
      const fileRows = footers.get(file.path)?.rows
      const read = range?.rows ?? fileRows ?? 0
      rows += read
      bytes += Math.round(file.sizeBytes * (fileRows === undefined || fileRows === 0 ? 1 : read / fileRows))
    }
  }
  return { rows, bytes }
}
