/** Counts of the verdicts by directory, and the records that did not pass. */
import { dirname, relative } from 'node:path'
import { verdictKinds, type VerdictKind } from './judge-record.js'
import type { FileResult, RecordResult } from './run-file.js'

export interface Report {
  readonly directories: readonly DirectoryCounts[]
  readonly total: DirectoryCounts
  /** Without those that passed or are not applicable. */
  readonly records: readonly ReportedRecord[]
  readonly skipped: readonly { readonly file: string; readonly reason: string }[]
}

export interface DirectoryCounts {
  readonly directory: string
  readonly files: number
  /** Files that were not run to their end. */
  readonly skippedFiles: number
  readonly counts: Readonly<Record<VerdictKind, number>>
  /** Records that passed and whose answer came by more than one piece. */
  readonly distributed: number
}

export interface ReportedRecord extends Omit<RecordResult, 'elapsedMs'> {
  readonly file: string
}

/** `depth` folders below `root` make a directory of the report. */
export function makeReport(results: readonly FileResult[], root: string, depth: number): Report {
  const groups = new Map<string, FileResult[]>()
  for (const result of results) {
    const directory = dirname(relative(root, result.file)).split('/').slice(0, depth).join('/')
    groups.set(directory, [...(groups.get(directory) ?? []), result])
  }
  const named = [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    directories: named.map(([directory, files]) => count(directory, files)),
    total: count('total', results),
    records: results.flatMap(({ file, records }) =>
      records.flatMap(({ elapsedMs: _, ...record }) =>
        isReported(record.kind) ? [{ file: relative(root, file), ...record }] : [])),
    skipped: results.flatMap(({ file, skipped }) =>
      skipped === '' ? [] : [{ file: relative(root, file), reason: skipped }]),
  }
}

const isReported = (kind: VerdictKind): boolean => kind !== 'passed' && kind !== 'not-applicable'

function count(directory: string, files: readonly FileResult[]): DirectoryCounts {
  const records = files.flatMap((file) => file.records)
  const ofKind = (kind: VerdictKind) => records.filter((record) => record.kind === kind).length
  return {
    directory,
    files: files.length,
    skippedFiles: files.filter(({ skipped }) => skipped !== '').length,
    counts: Object.fromEntries(verdictKinds.map((kind) => [kind, ofKind(kind)])) as Record<VerdictKind, number>,
    distributed: records.filter(({ kind, mode }) => kind === 'passed' && mode === 'distributed').length,
  }
}

/** The share of passed among the records that count: passed, wrong and failed ones. */
function passedShare({ counts }: DirectoryCounts): number {
  const counted = counts.passed + counts.wrong + counts.failed
  return counted === 0 ? 1 : counts.passed / counted
}

export function printReport({ directories, total }: Report): string {
  const header = ['directory', 'files', 'skipped', ...verdictKinds, 'distributed', 'passed %']
  const rows = [...directories, total].map((line) => [
    line.directory, line.files, line.skippedFiles, ...verdictKinds.map((kind) => line.counts[kind]),
    line.distributed, (passedShare(line) * 100).toFixed(2),
  ].map(String))
  const widths = header.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const print = (cells: readonly string[]) =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')
  return [header, ...rows].map(print).join('\n')
}
