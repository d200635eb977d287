import { expect, test } from 'vitest'
import { nextToken, type Token } from './lexer.js'

const kinds = (text: string): string[] => tokenize(text).map(({ kind, value }) => `${kind} ${value}`)

test('tokens carry their value without quotes and escapes', () => {
  expect(kinds(`a "b""c" 'd''e' E'f\\n\\'\\x41\\u0042' $x$g'$x$ $1 $n 1.5e3 0x1F .5 <=`)).toEqual([
    'word a',
    'quoted b"c',
    "string d'e",
    "string f\n'AB",
    "string g'",
    'parameter $1',
    'parameter $n',
    'number 1.5e3',
    'number 0x1F',
    'number .5',
    'symbol <',
    'symbol =',
  ])
})

test('what never ends is one broken token', () => {
  expect(kinds("a 'b; c")).toEqual(['word a', "broken 'b; c"])
  expect(kinds('a /* b /* c */')).toEqual(['word a', 'broken /* b /* c */'])
  expect(kinds('a "b')).toEqual(['word a', 'broken "b'])
  expect(kinds('$t$ b')).toEqual(['broken $t$ b'])
  expect(kinds("E'a\\'")).toEqual(["broken E'a\\'"])
})

test('a Unicode space ends a word', () => {
  expect(kinds('größe\u3000b')).toEqual(['word größe', 'word b'])
})

test('positions are UTF-16 offsets', () => {
  expect(tokenize("'😀' a").map(({ start, end }) => [start, end])).toEqual([
    [0, 4],
    [5, 6],
  ])
})

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  for (let token = nextToken(text, 0); token; token = nextToken(text, token.end)) tokens.push(token)
  return tokens
}
