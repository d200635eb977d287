/** Each tidy guard refuses a bad file and leaves a good one alone. */
import { describe, expect, test } from 'vitest'
import { findClones } from './clone-guard.js'
import { findDeadFiles, findUnusedExports } from './dead-code-guards.js'
import { readFixtures } from './fixture.js'
import { readImportGraph } from './import-graph.js'
import { findFoldersWithoutReadme } from './readme-guard.js'
import { findLongFiles, findLongFunctions, findLongLines } from './size-guards.js'
import type { Finding, SourceFile } from './source-file.js'
import { findBadFileNames, findBannedWords, findMachinePaths } from './word-guards.js'

describe('sizes', () => {
  test('a file of 401 lines is refused, unless its top says why', () => {
    const bad = file('a/bad.ts', manyLines(401))
    const explained = file('a/table.ts', `/**\n * Long because\n * it is one table.\n */\n${manyLines(400)}`)
    expect(places(findLongFiles([bad, explained, file('a/good.ts', manyLines(400))]))).toEqual(['a/bad.ts:1'])
  })
  test('a reason further down does not count', () => {
    const bad = file('a/bad.ts', `export const a = 1\n// Long because of this.\n${manyLines(400)}`)
    expect(places(findLongFiles([bad]))).toEqual(['a/bad.ts:1'])
  })
  test('a line of 121 columns is refused', () => {
    const text = `${'a'.repeat(120)}\n${'b'.repeat(121)}\n`
    expect(places(findLongLines([file('a/bad.ts', text)]))).toEqual(['a/bad.ts:2'])
  })
  test('a function of 101 lines is refused, a describe is not', () => {
    const bad = `export function bad(): void {\n${manyLines(99)}}\n`
    const arrow = `export const bad = () => {\n${manyLines(99)}}\n`
    const good = `describe('x', () => {\n${manyLines(99)}})\nexport function good(): void {\n${manyLines(98)}}\n`
    const files = [file('a/bad.ts', bad), file('a/arrow.ts', arrow), file('a/good.ts', good)]
    expect(places(findLongFunctions(files))).toEqual(['a/bad.ts:1', 'a/arrow.ts:1'])
  })
})

describe('words and names', () => {
  const guards = { 'banned-words': findBannedWords, 'file-names': findBadFileNames }

  test.each(readFixtures('words.txt'))('$path: $expects', (fixture) => {
    const found = Object.entries(guards).filter(([, find]) => find([fixture]).length > 0)
    expect(found.map(([name]) => name)).toEqual(fixture.expects === 'nothing' ? [] : [fixture.expects])
  })
  test('paths of one machine are refused', () => {
    const paths = ['/wo' + 'rk/main', '/ro' + 'ot/.cache', '/fa' + 'rm/x', '../sha' + 'red/x']
    const bad = file('docs/bad.md', `${paths.join('\n')}\n/network/main and ./shared are fine\n`)
    expect(places(findMachinePaths([bad]))).toEqual([1, 2, 3, 4].map((line) => `docs/bad.md:${line}`))
  })
})

describe('clones', () => {
  const passage = (lines: number): string =>
    Array.from({ length: lines }, (_, index) => `  step(${index})\n\n`).join('')

  test('a passage of 31 lines in two files is refused, whatever its whitespace', () => {
    const one = file('a/one.ts', `one()\n${passage(31)}`)
    const two = file('a/two.ts', `// two\n${passage(31).replaceAll('  ', '')}`)
    expect(places(findClones([one, two]))).toEqual(['a/two.ts:2'])
  })
  test('a passage of 31 lines twice in one file is refused', () => {
    expect(findClones([file('a/one.ts', passage(31) + passage(31))])).toHaveLength(1)
  })
  test('30 lines, imports, comments and brackets are not counted', () => {
    const brackets = '}\n'.repeat(40)
    const imports = Array.from({ length: 40 }, (_, index) => `import { a${index} } from './a.js'\n`).join('')
    const text = imports + passage(30) + brackets
    expect(findClones([file('a/one.ts', text), file('a/two.ts', text)])).toEqual([])
  })
})

describe('dead code', () => {
  const sources = [
    file('packages/x/src/index.ts', "export { used } from './used.js'\nexport { listed } from './used.js'\n"),
    file(
      'packages/x/src/used.ts',
      "import * as all from './all.js'\nimport './child.js'\n" +
        'const { taken: local } = all\n' +
        'export const used = all.member + local\nexport const listed = 1\nexport const alone = 1\n',
    ),
    file('packages/x/src/all.ts', 'export const member = 1\nexport const taken = 1\nexport const forgotten = 2\n'),
    file(
      'packages/x/src/child.ts',
      "export type Local = 1\nconst a: Local = 1\nnew URL('./grandchild.js', String(a))\n" +
        "export { FromNpm } from 'npm'\n",
    ),
    file('packages/x/src/grandchild.ts', 'export {}\n'),
    file('packages/x/src/dead.ts', 'export {}\n'),
    file('packages/x/src/tested.ts', 'export const tested = 1\n'),
    file('packages/x/src/testing/support.ts', 'export const support = 1\n'),
    file(
      'packages/x/src/a.test.ts',
      "import { tested } from './tested.js'\nimport { support } from './testing/support.js'\n",
    ),
    file('packages/y/src/index.ts', "import { used } from '@arbalest/x'\nconsole.log(used)\n"),
  ]
  const entries = new Map([
    ['@arbalest/x', 'packages/x/src/index.ts'],
    ['@arbalest/y', 'packages/y/src/index.ts'],
  ])
  const graph = readImportGraph(sources, entries)

  test('a file that no program reaches is refused, also when a test reaches it', () => {
    expect(places(findDeadFiles(graph, [...entries.values()]))).toEqual([
      'packages/x/src/dead.ts:1',
      'packages/x/src/tested.ts:1',
    ])
  })
  test('an exported name that nobody imports is refused, also when an index lists it', () => {
    expect(findUnusedExports(graph, []).map(({ message }) => message)).toEqual([
      'listed is used nowhere',
      'alone is used nowhere',
      'forgotten is used nowhere',
      'tested is used by tests alone',
    ])
  })
  test('the names of a public index are used', () => {
    const messages = findUnusedExports(graph, ['packages/x/src/index.ts']).map(({ message }) => message)
    expect(messages).not.toContain('listed is used nowhere')
  })
})

describe('READMEs', () => {
  const six = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => file(`packages/x/src/${name}.ts`, ''))

  test('a folder of six files without a README is refused', () => {
    expect(places(findFoldersWithoutReadme(six))).toEqual(['packages/x/src:1'])
    expect(findFoldersWithoutReadme(six.slice(1))).toEqual([])
    expect(findFoldersWithoutReadme([...six, file('packages/x/src/README.md', '# X\n')])).toEqual([])
  })
  test('a README of 41 lines is refused', () => {
    const readme = file('packages/x/src/README.md', manyLines(41))
    expect(places(findFoldersWithoutReadme([...six, readme]))).toEqual(['packages/x/src/README.md:1'])
  })
})

function file(path: string, text: string): SourceFile {
  return { path, text }
}

function manyLines(count: number): string {
  return Array.from({ length: count }, (_, index) => `call(${index})\n`).join('')
}

function places(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ path, line }) => `${path}:${line}`)
}
