/**
 * Cuts SQL text into tokens as DuckDB's own lexer does: nested comments, dollar quotes, escape
 * strings, Unicode spaces. Grammars and the statement splitter read these tokens.
 */

/**
 * `word` is an unquoted identifier or keyword, `quoted` an identifier in double quotes, `symbol`
 * one character of punctuation, `broken` a quote or comment that never ends.
 */
export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'symbol' | 'broken'

export interface Token {
  readonly kind: TokenKind
  /** The token as written. */
  readonly text: string
  /** Identifiers and strings without quotes and escapes; all others as written. */
  readonly value: string
  /** UTF-16 offsets into the text: first unit, and the one after the last. */
  readonly start: number
  readonly end: number
}

const space = /[\s\u00a0\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff]*/y
const word = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y
const number =
  /0[xX][0-9a-fA-F_]+|0[bB][01_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?/y
const parameter = /\$[A-Za-z0-9_\u0080-\uffff]+/y
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y
const spaceInWord = /[\u00a0\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff]/

/** The first token at or after the offset; undefined when only spaces and comments are left. */
export function nextToken(text: string, from: number): Token | undefined {
  const start = skipSpaceAndComments(text, from)
  if (start >= text.length) return undefined
  const first = text.charAt(start)
  const two = text.slice(start, start + 2)
  if (two === '/*') return broken(text, start)
  if (first === "'") return quotedToken(text, { start, open: start, quote: "'", kind: 'string' })
  if (first === '"') return quotedToken(text, { start, open: start, quote: '"', kind: 'quoted' })
  if (two === "e'" || two === "E'") return escapeString(text, start)
  if (first === '$') return dollar(text, start)
  const numberEnd = matchEnd(number, text, start)
  if (numberEnd > start) return plain(text, { kind: 'number', start, end: numberEnd })
  const wordEnd = matchEnd(word, text, start)
  if (wordEnd > start) return wordToken(text, start, wordEnd)
  return plain(text, { kind: 'symbol', start, end: start + 1 })
}

function skipSpaceAndComments(text: string, from: number): number {
  let at = from
  for (;;) {
    at = matchEnd(space, text, at)
    if (text.startsWith('--', at)) {
      while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at += 1
    } else if (text.startsWith('/*', at)) {
      const end = commentEnd(text, at)
      if (end === undefined) return at
      at = end
    } else {
      return at
    }
  }
}

/** The offset after a block comment; comments nest. Undefined when it never ends. */
function commentEnd(text: string, start: number): number | undefined {
  const border = /\/\*|\*\//g
  border.lastIndex = start + 2
  let depth = 1
  for (let match = border.exec(text); match; match = border.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1
    if (depth === 0) return border.lastIndex
  }
  return undefined
}

interface Quoting {
  readonly start: number
  readonly open: number
  readonly quote: string
  readonly kind: TokenKind
}

/** A string or identifier in which a doubled quote stands for one. */
function quotedToken(text: string, { start, open, quote, kind }: Quoting): Token {
  let at = open + 1
  for (;;) {
    const close = text.indexOf(quote, at)
    if (close < 0) return broken(text, start)
    if (text[close + 1] !== quote) {
      const value = text.slice(open + 1, close).replaceAll(quote + quote, quote)
      return { kind, text: text.slice(start, close + 1), value, start, end: close + 1 }
    }
    at = close + 2
  }
}

function escapeString(text: string, start: number): Token {
  let at = start + 2
  while (at < text.length) {
    const char = text[at]
    if (char === '\\' || (char === "'" && text[at + 1] === "'")) {
      at += 2
    } else if (char === "'") {
      const value = unescaped(text.slice(start + 2, at))
      return { kind: 'string', text: text.slice(start, at + 1), value, start, end: at + 1 }
    } else {
      at += 1
    }
  }
  return broken(text, start)
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

function unescaped(body: string): string {
  const pattern =
    /''|\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([^]))/g
  return body.replace(
    pattern,
    (all: string, hex?: string, short?: string, long?: string, octal?: string, char?: string) => {
      if (all === "''") return "'"
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8))
      const code = hex ?? short ?? long
      if (code === undefined) return escapes[char ?? ''] ?? char ?? ''
      const point = Number.parseInt(code, 16)
      return point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point)
    },
  )
}

/** `$tag$ … $tag$`, a parameter `$1` or `$name`, or a lone dollar sign. */
function dollar(text: string, start: number): Token {
  const tagEnd = matchEnd(dollarTag, text, start)
  if (tagEnd > start) {
    const tag = text.slice(start, tagEnd)
    const close = text.indexOf(tag, tagEnd)
    if (close < 0) return broken(text, start)
    const end = close + tag.length
    const value = text.slice(tagEnd, close)
    return { kind: 'string', text: text.slice(start, end), value, start, end }
  }
  const end = matchEnd(parameter, text, start)
  if (end > start) return plain(text, { kind: 'parameter', start, end })
  return plain(text, { kind: 'symbol', start, end: start + 1 })
}

/** A word ends at a Unicode space, which the class of its characters would take in. */
function wordToken(text: string, start: number, wordEnd: number): Token {
  const found = text.slice(start, wordEnd).search(spaceInWord)
  return plain(text, { kind: 'word', start, end: found < 0 ? wordEnd : start + found })
}

function plain(
  source: string,
  token: { readonly kind: TokenKind; readonly start: number; readonly end: number },
): Token {
  const text = source.slice(token.start, token.end)
  return { kind: token.kind, text, value: text, start: token.start, end: token.end }
}

function broken(text: string, start: number): Token {
  return plain(text, { kind: 'broken', start, end: text.length })
}

/** Where a sticky pattern that matches at `at` ends; `at` itself when it does not match. */
function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}
