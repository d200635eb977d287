/** The files that the guards judge: read from the tree, or handed in by a test. */
import { readFileSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import ts from 'typescript'

export interface SourceFile {
  /** Relative to the project, with forward slashes. */
  readonly path: string
  readonly text: string
}

/** What a guard found: one line for a person, with the place. */
export interface Finding {
  readonly path: string
  /** 1-based. */
  readonly line: number
  readonly message: string
}

const skippedFolders = new Set(['node_modules', 'dist', 'generated', 'fixtures', 'target', '.git', '.arbalest'])

/** All files below the given folders of `rootDir` whose name ends as asked, in the order of their paths. */
export function readSourceFiles(
  rootDir: string,
  folders: readonly string[],
  endings: readonly string[],
): readonly SourceFile[] {
  return folders
    .flatMap((folder) => listFiles(join(rootDir, folder)))
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .map((file) => ({
      path: relative(rootDir, file).split(sep).join('/'),
      text: readFileSync(file, 'utf8'),
    }))
    .sort((left, right) => (left.path < right.path ? -1 : 1))
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) {
      return skippedFolders.has(entry.name) ? [] : listFiles(join(folder, entry.name))
    }
    return entry.isFile() ? [join(folder, entry.name)] : []
  })
}

const parsed = new WeakMap<SourceFile, ts.SourceFile>()

/** The syntax tree of a file, parsed once. */
export function syntaxTreeOf(file: SourceFile): ts.SourceFile {
  const known = parsed.get(file)
  if (known !== undefined) return known
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)
  parsed.set(file, tree)
  return tree
}

/** The 1-based line on which a node starts. */
export function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1
}

/** Tests, and what only they use: everything in `tests` and in folders named `testing`. */
export function isTestFile(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('tests/') || path.includes('/testing/')
}

/** Findings as the lines of a failure message. */
export function printFindings(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ path, line, message }) => `${path}:${line} ${message}`)
}
