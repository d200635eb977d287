/** From what a user wrote to a list of files: a file, a directory, or a glob pattern. */
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { limits, queryError, quoteLiteral } from '@arbalest/common'
import type { FileFormat } from '@arbalest/plan'
import type { DataDirectories } from './data-directories.js'
import type { Connection } from './database.js'
import { mapLimited } from './map-limited.js'

const extensions: Readonly<Record<FileFormat, RegExp>> = {
  parquet: /\.(parquet|parq|pq)$/i,
  csv: /\.(csv|tsv)(\.gz|\.zst)?$/i,
  json: /\.(json|ndjson|jsonl)(\.gz|\.zst)?$/i,
}

/** What the files are looked for with. */
export interface LocationContext {
  /** Asked for only where a pattern has to be expanded. */
  readonly connection: () => Connection
  readonly directories: DataDirectories
  readonly format: FileFormat
}

/**
 * The files in order: of a directory all with the format's extension at any depth, by path, without
 * those that are hidden or begin with `_`; of a pattern what DuckDB's `glob` finds, by path.
 * @throws QueryError FILE_NOT_FOUND, PATH_NOT_ALLOWED, LIMIT_EXCEEDED
 */
export async function expandLocations(
  locations: readonly string[],
  context: LocationContext,
): Promise<readonly string[]> {
  const lists: (readonly string[])[] = []
  for (const location of locations) {
    const files = await expandLocation(path.resolve(location), context)
    if (files.length === 0) throw queryError('FILE_NOT_FOUND', { path: location })
    lists.push(files)
  }
  return lists.flat()
}

async function expandLocation(location: string, context: LocationContext): Promise<readonly string[]> {
  const fixed = fixedPart(location)
  await context.directories.check(fixed)
  const found = await stat(location).catch(() => undefined)
  if (found?.isFile() === true) {
    if (fixed !== location) await context.directories.check(location)
    return [location]
  }
  if (found?.isDirectory() === true) {
    const files: string[] = []
    await walk(location, context, files)
    return files
  }
  return hasWildcard(location) ? findByPattern(location, context) : []
}

async function walk(directory: string, context: LocationContext, files: string[]): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const location = path.join(directory, entry.name)
    if (entry.name.startsWith('.') || entry.name.startsWith('_')) continue
    const { isFile, isDirectory } = entry.isSymbolicLink()
      ? await followLink(location, context)
      : { isFile: entry.isFile(), isDirectory: entry.isDirectory() }
    if (isDirectory) await walk(location, context, files)
    else if (isFile && extensions[context.format].test(entry.name)) files.push(location)
    checkCount(files.length)
  }
}

async function followLink(location: string, { directories }: LocationContext) {
  await directories.check(location)
  const found = await stat(location).catch(() => undefined)
  // A link to a directory is not entered: it could lead back up and never end.
  return { isFile: found?.isFile() ?? false, isDirectory: false }
}

async function findByPattern(pattern: string, context: LocationContext): Promise<readonly string[]> {
  const { connection, directories } = context
  const rows = await connection().textRows(`SELECT file FROM glob(${quoteLiteral(pattern)}) ORDER BY file`)
  checkCount(rows.length)
  const files = rows.flatMap(([file]) => (typeof file === 'string' ? [file] : []))
  if (directories.fenced) {
    await mapLimited(files, limits.fileReadConcurrency, (file) => directories.check(file))
  }
  return files
}

const hasWildcard = (location: string): boolean => /[*?[]/.test(location)

/** The path before the first part with a wildcard. */
function fixedPart(location: string): string {
  const parts = location.split(path.sep)
  const wild = parts.findIndex(hasWildcard)
  return wild < 0 ? location : parts.slice(0, wild).join(path.sep) || path.sep
}

function checkCount(files: number): void {
  if (files <= limits.filesPerTableMax) return
  throw queryError('LIMIT_EXCEEDED', { what: 'the number of files of a table', limit: limits.filesPerTableMax })
}
