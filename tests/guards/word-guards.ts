/** Guards over words and names: leftovers, switched-off checks, empty names, paths of one machine. */
import type { Finding, SourceFile } from './source-file.js'

/** Spelled in halves, so that this file does not find itself. */
const joined = (...halves: readonly string[]): string => halves.join('')

const reminders = [joined('TO', 'DO'), joined('FIX', 'ME'), joined('X', 'XX'), joined('HA', 'CK')].join('|')

const bannedWords: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: new RegExp(`\\b(?:${reminders})\\b`), reason: 'a reminder: do it or write it down elsewhere' },
  { pattern: new RegExp(joined('\\.on', 'ly\\(')), reason: 'runs one test and hides the others' },
  { pattern: new RegExp(joined('\\bdebug', 'ger\\b')), reason: 'a breakpoint' },
  { pattern: new RegExp(joined('@ts-', '(?:ignore|nocheck)')), reason: 'switches the compiler off' },
  { pattern: new RegExp(joined('eslint-', 'disable')), reason: 'switches the linter off' },
]

const machinePaths = new RegExp(
  [joined('/wo', 'rk/'), joined('/fa', 'rm/'), joined('/ro', 'ot/\\.'), joined('\\.\\./sha', 'red')].join('|'),
)

const emptyNames = new Set(['utils', 'util', 'helpers', 'helper', 'manager', 'types', 'misc'])

export function findBannedWords(files: readonly SourceFile[]): readonly Finding[] {
  return eachLine(files, (line) => bannedWords.find(({ pattern }) => pattern.test(line))?.reason)
}

export function findMachinePaths(files: readonly SourceFile[]): readonly Finding[] {
  return eachLine(files, (line) => (machinePaths.test(line) ? 'names a path of one machine' : undefined))
}

/** File names say what the file exports; kebab-case. */
export function findBadFileNames(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap(({ path }) => {
    const name = path.slice(path.lastIndexOf('/') + 1)
    const stem = name.slice(0, name.indexOf('.', 1))
    if (emptyNames.has(stem)) return [{ path, line: 1, message: 'the name says nothing: name it after its content' }]
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem)) return [{ path, line: 1, message: 'the name is not kebab-case' }]
    return []
  })
}

function eachLine(
  files: readonly SourceFile[],
  judge: (line: string) => string | undefined,
): readonly Finding[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const message = judge(line)
      return message === undefined ? [] : [{ path, line: index + 1, message }]
    }),
  )
}
