/** Our own sources keep the style guide: sizes, words, names, dead code, clones, READMEs. */
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { findClones } from './guards/clone-guard.js'
import { findDeadFiles, findUnusedExports } from './guards/dead-code-guards.js'
import { readImportGraph } from './guards/import-graph.js'
import { findFoldersWithoutReadme } from './guards/readme-guard.js'
import { findLongFiles, findLongFunctions, findLongLines } from './guards/size-guards.js'
import { printFindings, readSourceFiles, type Finding } from './guards/source-file.js'
import { findBadFileNames, findBannedWords, findMachinePaths } from './guards/word-guards.js'

const rootDir = dirname(dirname(fileURLToPath(import.meta.url)))
const code = readSourceFiles(rootDir, ['packages', 'apps', 'bench', 'tests'], ['.ts'])
const scripts = readSourceFiles(rootDir, ['scripts'], ['.js'])
const everything = [
  ...readSourceFiles(rootDir, ['packages', 'apps', 'bench', 'tests', 'scripts', 'docs'], textEndings()),
  ...rootFiles(),
]
const packageEntries = readPackageEntries()
const programs = ['apps/cli/src/main.ts', 'bench/main.ts', 'packages/executor/src/engine-child/main.ts',
  'packages/server/src/planning/planner-child.ts', 'tests/sqllogic/main.ts', 'tests/sqllogic/file-worker.ts',
  'tests/simulation/main.ts']
const graph = readImportGraph(code, packageEntries)

describe('sources', () => {
  test('files have at most 400 lines, or say why not', () => expectNone(findLongFiles([...code, ...scripts])))
  test('lines have at most 120 columns', () => expectNone(findLongLines([...code, ...scripts])))
  test('functions have at most 100 lines', () => expectNone(findLongFunctions([...code, ...scripts])))
  test('nothing is left over or switched off', () => expectNone(findBannedWords([...code, ...scripts])))
  test('file names say what is inside', () => expectNone(findBadFileNames([...code, ...scripts])))
  test('no path of one machine is named', () => expectNone(findMachinePaths(everything)))
  test('no passage of more than 30 lines stands twice', () => expectNone(findClones([...code, ...scripts])))
  test('some program reaches every file', () =>
    expectNone(findDeadFiles(graph, [...packageEntries.values(), ...programs])))
  test('every exported name is used', () => expectNone(findUnusedExports(graph, publicIndexes())))
  test('folders of more than five files open with a README', () => {
    const sources = readSourceFiles(rootDir, ['packages', 'apps'], ['.ts', 'README.md'])
    expectNone(findFoldersWithoutReadme(sources.filter(({ path }) => path.includes('/src/'))))
  })
})

function expectNone(findings: readonly Finding[]): void {
  expect(printFindings(findings)).toEqual([])
}

/** What stands behind the name of each package and of its subpaths, as its package.json exports it. */
function readPackageEntries(): ReadonlyMap<string, string> {
  const entries = new Map<string, string>()
  for (const folder of ['packages', 'apps']) {
    for (const name of readdirSync(join(rootDir, folder))) {
      const manifest = JSON.parse(readFileSync(join(rootDir, folder, name, 'package.json'), 'utf8')) as {
        readonly name: string
        readonly exports: Readonly<Record<string, { readonly source: string }>>
      }
      for (const [subpath, { source }] of Object.entries(manifest.exports)) {
        entries.set(manifest.name + subpath.slice(1), `${folder}/${name}/${source.slice(2)}`)
      }
    }
  }
  return entries
}

/** The packages whose index is read by people, not only by other packages. */
function publicIndexes(): readonly string[] {
  return ['arbalest', '@arbalest/client', '@arbalest/common'].map((name) => packageEntries.get(name)!)
}

function textEndings(): readonly string[] {
  return ['.ts', '.js', '.cjs', '.md', '.json', '.proto', '.sql', '.txt', '.yaml', '.yml']
}

function rootFiles(): ReturnType<typeof readSourceFiles> {
  return readdirSync(rootDir, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'package-lock.json')
    .map(({ name: path }) => ({ path, text: readFileSync(join(rootDir, path), 'utf8') }))
}
