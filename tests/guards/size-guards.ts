/** Guards over the size of files, lines and functions. */
import ts from 'typescript'
import { lineOf, syntaxTreeOf, type Finding, type SourceFile } from './source-file.js'

const fileLinesMax = 400
const lineColumnsMax = 120
const functionLinesMax = 100
const longReason = /Long because \S/

/** A file above the limit says in its first comment why: `Long because ...`. */
export function findLongFiles(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap((file) => {
    const lines = file.text.replace(/\n$/, '').split('\n').length
    if (lines <= fileLinesMax || longReason.test(topComment(file))) return []
    const message = `has ${lines} lines, the limit is ${fileLinesMax}: split it`
    return [{ path: file.path, line: 1, message }]
  })
}

function topComment({ text }: SourceFile): string {
  return (ts.getLeadingCommentRanges(text, ts.getShebang(text)?.length ?? 0) ?? [])
    .map(({ pos, end }) => text.slice(pos, end))
    .join('\n')
    .replaceAll('\n * ', ' ')
}

export function findLongLines(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap((file) =>
    file.text.split('\n').flatMap((line, index) => {
      if (line.length <= lineColumnsMax) return []
      const message = `has ${line.length} columns, the limit is ${lineColumnsMax}`
      return [{ path: file.path, line: index + 1, message }]
    }),
  )
}

/** Bodies of `describe` are lists of tests, not functions; everything else counts. */
export function findLongFunctions(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap((file) => {
    const tree = syntaxTreeOf(file)
    const findings: Finding[] = []
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) && !isDescribeBody(node)) {
        const lines = lineCount(tree, node)
        if (lines > functionLinesMax) {
          const message = `a function of ${lines} lines, the limit is ${functionLinesMax}`
          findings.push({ path: file.path, line: lineOf(tree, node), message })
        }
      }
      ts.forEachChild(node, visit)
    }
    visit(tree)
    return findings
  })
}

function lineCount(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.end).line + 2 - lineOf(tree, node)
}

function isDescribeBody(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && /^describe\b/.test(node.parent.expression.getText())
}
