/** Checks that the files an attempt reads are the ones that the query was planned with. */
import { limits, queryError } from '@arbalest/common'
import type { FileIdentity, LocalInput } from '@arbalest/plan'
import { statFiles } from './footer-cache.js'
import { footerSummary, type FooterSummaries, type FooterSummary } from './footer-summary.js'
import { mapLimited } from './map-limited.js'

/** The files of all scans, each once. */
export function scannedFiles(inputs: readonly LocalInput[]): readonly FileIdentity[] {
  const byPath = new Map<string, FileIdentity>()
  for (const input of inputs) {
    if (input.kind !== 'files') continue
    for (const split of input.splits) byPath.set(split.file.path, split.file)
  }
  return [...byPath.values()]
}

/**
 * Gives the footers of Parquet files by path.
 * @throws QueryError FILE_NOT_FOUND, INPUT_CHANGED or FILE_UNREADABLE, each naming the file.
 */
export async function checkIdentities(
  files: readonly FileIdentity[],
  summaries: FooterSummaries,
): Promise<ReadonlyMap<string, FooterSummary>> {
  const footers = new Map<string, FooterSummary>()
  const states = await statFiles(files.map(({ path }) => path))
  await mapLimited(files, limits.fileReadConcurrency, async (file, at) => {
    const found = states[at]
    if (found === undefined) throw queryError('FILE_NOT_FOUND', { path: file.path })
    const { path } = file
    if (found.sizeBytes !== file.sizeBytes || found.mtimeNs !== file.mtimeNs) {
      throw queryError('INPUT_CHANGED', { path })
    }
    if (file.footerHash === '') return
    const footer = await footerSummary(path, found, summaries)
    if (footer.hash !== file.footerHash) throw queryError('INPUT_CHANGED', { path })
    footers.set(path, footer)
  })
  return footers
}

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
