/** Checks that the files an attempt reads are the ones that the query was planned with. */
import { limits, queryError } from '@arbalest/common'
import type { FileIdentity, LocalInput } from '@arbalest/plan'
import { statFile } from './footer-cache.js'
import { footerSummary, type FooterSummaries } from './footer-summary.js'
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

/** @throws QueryError FILE_NOT_FOUND, INPUT_CHANGED or FILE_UNREADABLE, each naming the file. */
export async function checkIdentities(files: readonly FileIdentity[], summaries: FooterSummaries): Promise<void> {
  await mapLimited(files, limits.fileReadConcurrency, async (file) => {
    const found = await statFile(file.path)
    if (found === undefined) throw queryError('FILE_NOT_FOUND', { path: file.path })
    const { path } = file
    if (found.sizeBytes !== file.sizeBytes || found.mtimeNs !== file.mtimeNs) {
      throw queryError('INPUT_CHANGED', { path })
    }
    if (file.footerHash === '') return
    const { hash } = await footerSummary(path, found, summaries)
    if (hash !== file.footerHash) throw queryError('INPUT_CHANGED', { path })
  })
}

/** What attempts read in rows and bytes. A piece of a file counts with its share of the bytes. */
export async function measureInputs(
  inputs: readonly LocalInput[],
  summaries: FooterSummaries,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  const pieces = inputs.flatMap((input) =>
    input.kind === 'files'
      ? input.splits.map(({ file, range }) => ({ path: file.path, rows: range?.rows }))
      : input.paths.map((path) => ({ path, rows: undefined })))
  const measured = await mapLimited(pieces, limits.fileReadConcurrency, async ({ path, rows }) => {
    const found = await statFile(path)
    if (found === undefined) return { rows: 0, bytes: 0 }
    if (!path.endsWith('.parquet')) return { rows: rows ?? 0, bytes: found.sizeBytes }
    const facts = await footerSummary(path, found, summaries)
    const share = rows === undefined || facts.rows === 0 ? 1 : rows / facts.rows
    return { rows: rows ?? facts.rows, bytes: Math.round(found.sizeBytes * share) }
  })
  const sum = (key: 'rows' | 'bytes') => measured.reduce((total, piece) => total + piece[key], 0)
  return { rows: sum('rows'), bytes: sum('bytes') }
}
