/** Who imports what, by name: read from the syntax trees of all files, without a type checker. */
import { posix } from 'node:path'
import ts from 'typescript'
import { syntaxTreeOf, type SourceFile } from './source-file.js'

/** One name taken from another module; `*` is the whole module. */
export interface ImportedName {
  readonly module: string
  readonly name: string
  /** The name in this file; undefined when the module is named without binding it. */
  readonly local: string | undefined
}

/** Where an exported name comes from: declared here, or handed on from another module. */
export type ExportedName =
  | { readonly kind: 'declared'; readonly node: ts.Node; readonly isType: boolean }
  | { readonly kind: 'handed-on'; readonly module: string; readonly name: string }

export interface ModuleNode {
  readonly file: SourceFile
  readonly imports: readonly ImportedName[]
  readonly exports: ReadonlyMap<string, ExportedName>
  /** Modules of `export * from`. */
  readonly starExports: readonly string[]
  /** Every module this file needs, including those it only names in a string (child processes). */
  readonly needs: ReadonlySet<string>
}

export type ImportGraph = ReadonlyMap<string, ModuleNode>

/** `entries` maps the name of a package, or of its subpath, to the file behind it. */
export function readImportGraph(
  files: readonly SourceFile[],
  entries: ReadonlyMap<string, string>,
): ImportGraph {
  const known = new Set(files.map(({ path }) => path))
  return new Map(files.map((file) => [file.path, readModule(file, known, entries)]))
}

interface ModuleDraft {
  readonly imports: ImportedName[]
  readonly exports: Map<string, ExportedName>
  readonly starExports: string[]
  readonly needs: Set<string>
  readonly resolve: (specifier: string) => string | undefined
}

function readModule(
  file: SourceFile,
  known: ReadonlySet<string>,
  entries: ReadonlyMap<string, string>,
): ModuleNode {
  const resolve = (specifier: string): string | undefined => {
    if (!specifier.startsWith('.')) return entries.get(specifier)
    const path = posix.join(posix.dirname(file.path), specifier)
    const source = path.replace(/\.js$/, '.ts')
    return known.has(source) ? source : known.has(path) ? path : undefined
  }
  const draft: ModuleDraft = { imports: [], exports: new Map(), starExports: [], needs: new Set(), resolve }
  const tree = syntaxTreeOf(file)
  for (const statement of tree.statements) readStatement(statement, draft)
  readStrings(tree, draft)
  return { file, ...draft }
}

function readStatement(statement: ts.Statement, draft: ModuleDraft): void {
  if (ts.isImportDeclaration(statement)) readImport(statement, draft)
  else if (ts.isExportDeclaration(statement)) readExport(statement, draft)
  else if (hasExportModifier(statement)) readDeclaration(statement, draft)
}

function readImport(statement: ts.ImportDeclaration, draft: ModuleDraft): void {
  const module = draft.resolve((statement.moduleSpecifier as ts.StringLiteral).text)
  if (module === undefined) return
  const bindings = statement.importClause?.namedBindings
  if (bindings === undefined) return
  if (ts.isNamespaceImport(bindings)) {
    draft.imports.push({ module, name: '*', local: bindings.name.text })
    return
  }
  for (const element of bindings.elements) {
    const name = (element.propertyName ?? element.name).text
    draft.imports.push({ module, name, local: element.name.text })
  }
}

function readExport(statement: ts.ExportDeclaration, draft: ModuleDraft): void {
  const specifier = statement.moduleSpecifier as ts.StringLiteral | undefined
  const module = specifier === undefined ? undefined : draft.resolve(specifier.text)
  // Handed on from npm or from generated code: nothing of ours to judge.
  if (specifier !== undefined && module === undefined) return
  const clause = statement.exportClause
  if (clause === undefined) {
    draft.starExports.push(module!)
  } else if (ts.isNamespaceExport(clause)) {
    draft.exports.set(clause.name.text, { kind: 'handed-on', module: module!, name: '*' })
  } else {
    for (const element of clause.elements) readExportElement(element, module, draft)
  }
}

function readExportElement(
  element: ts.ExportSpecifier,
  module: string | undefined,
  draft: ModuleDraft,
): void {
  const name = (element.propertyName ?? element.name).text
  const imported = draft.imports.find(({ local }) => local === name)
  const origin = module ?? imported?.module
  if (origin !== undefined) {
    const originName = module === undefined ? (imported?.name ?? name) : name
    draft.exports.set(element.name.text, { kind: 'handed-on', module: origin, name: originName })
  } else {
    draft.exports.set(element.name.text, { kind: 'declared', node: element, isType: element.isTypeOnly })
  }
}

function readDeclaration(statement: ts.Statement, draft: ModuleDraft): void {
  const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)
  if (ts.isVariableStatement(statement)) {
    for (const { name } of statement.declarationList.declarations) {
      for (const node of boundNames(name)) {
        draft.exports.set(node.text, { kind: 'declared', node, isType })
      }
    }
    return
  }
  const named = statement as ts.DeclarationStatement
  if (named.name !== undefined && ts.isIdentifier(named.name)) {
    draft.exports.set(named.name.text, { kind: 'declared', node: named.name, isType })
  }
}

function boundNames(name: ts.BindingName): readonly ts.Identifier[] {
  if (ts.isIdentifier(name)) return [name]
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : boundNames(element.name)))
}

function hasExportModifier(statement: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false)
  )
}

/** Any string that resolves to a file is a need: imports, `import()`, `new URL('./main.js', ...)`. */
function readStrings(tree: ts.SourceFile, draft: ModuleDraft): void {
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) {
      const module = draft.resolve(node.text)
      if (module !== undefined) {
        draft.needs.add(module)
        if (isDynamicImport(node.parent)) draft.imports.push({ module, name: '*', local: undefined })
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
}

function isDynamicImport(node: ts.Node): boolean {
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
}
