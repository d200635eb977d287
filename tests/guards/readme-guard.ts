/** Every source folder with more than five files opens with a short README. */
import type { Finding, SourceFile } from './source-file.js'

const filesWithoutReadmeMax = 5
const readmeLinesMax = 40

/** `files` are the sources and the README files of the same folders. */
export function findFoldersWithoutReadme(files: readonly SourceFile[]): readonly Finding[] {
  const folders = new Map<string, SourceFile[]>()
  for (const file of files) {
    const folder = file.path.slice(0, file.path.lastIndexOf('/'))
    folders.set(folder, [...(folders.get(folder) ?? []), file])
  }
  return [...folders].flatMap(([folder, inside]) => judgeFolder(folder, inside))
}

function judgeFolder(folder: string, files: readonly SourceFile[]): readonly Finding[] {
  const sources = files.filter(({ path }) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  const readme = files.find(({ path }) => path.endsWith('/README.md'))
  if (readme === undefined) {
    if (sources.length <= filesWithoutReadmeMax) return []
    return [{ path: folder, line: 1, message: `has ${sources.length} files and no README.md` }]
  }
  const lines = readme.text.trimEnd().split('\n').length
  if (lines <= readmeLinesMax) return []
  return [{ path: readme.path, line: 1, message: `has ${lines} lines, the limit is ${readmeLinesMax}` }]
}
