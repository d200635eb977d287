/** Guards against what nobody uses: files that no program reaches, exports that no file imports. */
import ts from 'typescript'
import type { ExportedName, ImportGraph, ModuleNode } from './import-graph.js'
import { isTestFile, lineOf, syntaxTreeOf, type Finding } from './source-file.js'

/**
 * Files that no root reaches. `roots` are the entries of packages and programs; tests are roots only
 * for other files of tests.
 */
export function findDeadFiles(graph: ImportGraph, roots: readonly string[]): readonly Finding[] {
  const live = reachableFrom(graph, roots)
  const tested = reachableFrom(graph, [...roots, ...[...graph.keys()].filter((path) => path.endsWith('.test.ts'))])
  return [...graph.keys()].flatMap((path) => {
    if (path.endsWith('.test.ts') || live.has(path)) return []
    if (tested.has(path)) {
      if (isTestFile(path)) return []
      return [{ path, line: 1, message: 'only tests reach it: remove it, or move it into a folder testing/' }]
    }
    return [{ path, line: 1, message: 'no program reaches it' }]
  })
}

function reachableFrom(graph: ImportGraph, roots: readonly string[]): ReadonlySet<string> {
  const reached = new Set<string>()
  const waiting = [...roots]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    waiting.push(...(graph.get(path)?.needs ?? []))
  }
  return reached
}

/**
 * Exported names that no other file uses. A listing in an index is no use of its own, except in
 * `publicIndexes`, whose names are for people. What only tests use must at least serve its own file.
 */
export function findUnusedExports(
  graph: ImportGraph,
  publicIndexes: readonly string[],
): readonly Finding[] {
  const uses = collectUses(graph, publicIndexes)
  return [...graph.values()].flatMap((node) =>
    [...node.exports].flatMap(([name, exported]) => {
      if (exported.kind !== 'declared') return []
      const message = judgeExport(node, name, exported, uses.get(useKey(node.file.path, name)))
      if (message === undefined) return []
      const line = lineOf(syntaxTreeOf(node.file), exported.node)
      return [{ path: node.file.path, line, message: `${name} ${message}` }]
    }),
  )
}

type Use = 'code' | 'test'

function judgeExport(
  node: ModuleNode,
  name: string,
  exported: ExportedName & { readonly kind: 'declared' },
  use: Use | undefined,
): string | undefined {
  if (use === 'code') return undefined
  const usedHere = isUsedInOwnFile(node, name, exported.node)
  if (use === 'test') {
    return usedHere || isTestFile(node.file.path) ? undefined : 'is used by tests alone'
  }
  if (usedHere) return exported.isType ? undefined : 'is exported and used only here'
  return 'is used nowhere'
}

function isUsedInOwnFile(node: ModuleNode, name: string, declaration: ts.Node): boolean {
  let used = false
  const visit = (child: ts.Node): void => {
    if (ts.isIdentifier(child) && child.text === name && child !== declaration && child.parent !== declaration) {
      used = true
    }
    if (!used) ts.forEachChild(child, visit)
  }
  visit(syntaxTreeOf(node.file))
  return used
}

const useKey = (path: string, name: string): string => `${path}#${name}`

function collectUses(graph: ImportGraph, publicIndexes: readonly string[]): ReadonlyMap<string, Use> {
  const uses = new Map<string, Use>()
  const mark = (path: string, name: string, use: Use): void => {
    for (const key of originsOf(graph, path, name)) {
      if (uses.get(key) !== 'code') uses.set(key, use)
    }
  }
  for (const node of graph.values()) {
    const use = isTestFile(node.file.path) ? 'test' : 'code'
    for (const { module, name, local } of node.imports) {
      for (const used of namesUsed(graph, node, { module, name, local })) mark(used.path, used.name, use)
    }
  }
  for (const path of publicIndexes) mark(path, '*', 'code')
  return uses
}

/** The names that an import really takes: of a whole module, only the members that the file mentions. */
function namesUsed(
  graph: ImportGraph,
  node: ModuleNode,
  { module, name, local }: { readonly module: string; readonly name: string; readonly local: string | undefined },
): readonly { readonly path: string; readonly name: string }[] {
  const exported = graph.get(module)?.exports.get(name)
  const whole = exported?.kind === 'handed-on' && exported.name === '*' ? exported.module : module
  if (name !== '*' && whole === module) return [{ path: module, name }]
  if (local === undefined) return [{ path: whole, name: '*' }]
  return [...membersMentioned(node, local)].map((member) => ({ path: whole, name: member }))
}

function membersMentioned(node: ModuleNode, local: string): ReadonlySet<string> {
  const members = new Set<string>()
  const visit = (child: ts.Node): void => {
    if (ts.isPropertyAccessExpression(child) && isNamed(child.expression, local)) members.add(child.name.text)
    if (ts.isQualifiedName(child) && isNamed(child.left, local)) members.add(child.right.text)
    if (ts.isVariableDeclaration(child) && child.initializer !== undefined && isNamed(child.initializer, local)) {
      for (const name of destructuredNames(child.name)) members.add(name)
    }
    ts.forEachChild(child, visit)
  }
  visit(syntaxTreeOf(node.file))
  return members
}

/** The members that `const { member, other: local } = module` takes. */
function destructuredNames(pattern: ts.BindingName): readonly string[] {
  if (!ts.isObjectBindingPattern(pattern)) return []
  return pattern.elements.flatMap(({ name, propertyName = name }) =>
    ts.isIdentifier(propertyName) ? [propertyName.text] : [],
  )
}

function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name
}

/** The declarations behind a name, through every file that hands it on; all of them for `*`. */
function originsOf(
  graph: ImportGraph,
  path: string,
  name: string,
  seen: ReadonlySet<string> = new Set(),
): readonly string[] {
  const node = graph.get(path)
  if (node === undefined || seen.has(path)) return []
  const through = new Set([...seen, path])
  const names = name === '*' ? [...node.exports.keys()] : [name]
  const direct = names.flatMap((one) => {
    const exported = node.exports.get(one)
    if (exported === undefined) return []
    if (exported.kind === 'declared') return [useKey(path, one)]
    // A module handed on whole is used by its members, wherever they are mentioned.
    if (name === '*' && exported.name === '*') return []
    return originsOf(graph, exported.module, exported.name, through)
  })
  return [...direct, ...node.starExports.flatMap((module) => originsOf(graph, module, name, through))]
}
