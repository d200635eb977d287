/** Bad files for the guards: written as sections of one text, judged in a small copy of the workspace. */
import { spawnSync } from 'node:child_process'
import {
  cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, symlinkSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SourceFile } from './source-file.js'

const rootDir = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** What every package of the copy exports. */
const placeholder = 'export type Placeholder = number\nexport const placeholder: Placeholder = 1\n'

export interface Fixture extends SourceFile {
  /** The rule that must refuse the file, or `nothing`. */
  readonly expects: string
}

/** Reads the sections of a fixture text: `== path expects rule`, then the file. */
export function readFixtures(name: string): readonly Fixture[] {
  const text = readFileSync(join(rootDir, 'tests', 'guards', 'fixtures', name), 'utf8')
  return text.split(/^== /m).slice(1).map((section) => {
    const [, path, expects] = /^(\S+) expects (\S+)\n/.exec(section) ?? []
    if (path === undefined || expects === undefined) throw new Error(`a section without a rule: ${section}`)
    return { path, expects, text: section.slice(section.indexOf('\n') + 1) }
  })
}

/**
 * Builds a workspace with the project's own configuration, empty packages and the given files.
 * The caller removes the directory.
 */
export function makeWorkspace(files: readonly SourceFile[]): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'arbalest-guards-')))
  for (const name of readdirSync(rootDir)) {
    if (/^(tsconfig|eslint|package|\.dependency-cruiser).*\.(json|js|cjs)$/.test(name)) {
      cpSync(join(rootDir, name), join(dir, name))
    }
  }
  mkdirSync(join(dir, 'node_modules'))
  linkInstalledPackages(dir)
  for (const folder of ['packages', 'apps']) {
    for (const name of readdirSync(join(rootDir, folder))) addEmptyPackage(dir, join(folder, name))
  }
  mkdirSync(join(dir, 'bench'))
  mkdirSync(join(dir, 'tests'))
  for (const { path, text } of files) writeFile(join(dir, path), text)
  return dir
}

function linkInstalledPackages(dir: string): void {
  for (const name of readdirSync(join(rootDir, 'node_modules'))) {
    if (name.startsWith('.') || name === '@arbalest' || name === 'arbalest') continue
    symlinkSync(join(rootDir, 'node_modules', name), join(dir, 'node_modules', name))
  }
  mkdirSync(join(dir, 'node_modules', '@arbalest'))
}

function addEmptyPackage(dir: string, path: string): void {
  const manifest = readFileSync(join(rootDir, path, 'package.json'), 'utf8')
  writeFile(join(dir, path, 'package.json'), manifest)
  const { name, exports } = JSON.parse(manifest) as {
    readonly name: string
    readonly exports: Readonly<Record<string, { readonly source: string }>>
  }
  for (const { source } of Object.values(exports)) writeFile(join(dir, path, source), placeholder)
  symlinkSync(join(dir, path), join(dir, 'node_modules', name))
}

function writeFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** Runs a tool of node_modules in a directory and gives what it printed on standard output. */
export function runTool(dir: string, script: string, args: readonly string[]): string {
  const done = spawnSync(process.execPath, [join(rootDir, 'node_modules', script), ...args], {
    cwd: dir,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (done.stdout === '') throw new Error(`${script} printed nothing: ${done.stderr}`)
  return done.stdout
}
