/** Reads a statement's tokens in order; what does not fit is a SYNTAX_ERROR at its place. */
import { queryError, type QueryError } from '@arbalest/common'
import { nextToken, type Token } from '../lexer.js'
import type { ObjectName } from '../statement.js'

export class TokenCursor {
  /** The whole statement. */
  readonly text: string
  #next: Token | undefined

  /** Begins at the token at or after the offset. */
  constructor(text: string, from = 0) {
    this.text = text
    this.#next = nextToken(text, from)
  }

  /** The token `ahead` places after the next one, without moving. */
  peek(ahead = 0): Token | undefined {
    let token = this.#next
    for (let i = 0; i < ahead && token; i += 1) token = nextToken(this.text, token.end)
    return token
  }

  /** UTF-16 offset of the next token, or the end of the text. */
  get position(): number {
    return this.#next?.start ?? this.text.length
  }

  /** Moves over the next token and gives it; `expected` says what should stand there. */
  take(expected: string): Token {
    const token = this.#next
    if (token === undefined || token.kind === 'broken') throw this.failure(expected)
    this.#next = nextToken(this.text, token.end)
    return token
  }

  /** Whether these keywords come next; case does not matter. */
  isAt(...words: readonly string[]): boolean {
    return words.every((word, ahead) => isWord(this.peek(ahead), word))
  }

  /** Moves over these keywords if all of them come next. */
  accept(...words: readonly string[]): boolean {
    if (!this.isAt(...words)) return false
    for (const word of words) this.take(word)
    return true
  }

  expect(...words: readonly string[]): void {
    for (const word of words) if (!this.accept(word)) throw this.failure(word)
  }

  isAtSymbol(symbol: string): boolean {
    return this.#next?.kind === 'symbol' && this.#next.text === symbol
  }

  acceptSymbol(symbol: string): boolean {
    if (!this.isAtSymbol(symbol)) return false
    this.take(symbol)
    return true
  }

  expectSymbol(symbol: string): void {
    if (!this.acceptSymbol(symbol)) throw this.failure(symbol)
  }

  /** One identifier, quoted or not. */
  identifier(expected: string): string {
    const token = this.#next
    if (token?.kind !== 'word' && token?.kind !== 'quoted') throw this.failure(expected)
    if (token.value === '') throw this.failure(`${expected} that is not empty`)
    return this.take(expected).value
  }

  /** One to three identifiers with dots between them. */
  objectName(expected: string): ObjectName {
    const parts = [this.identifier(expected)]
    while (this.isAtSymbol('.')) {
      if (parts.length === 3) throw this.failure('at most three parts in a name')
      this.expectSymbol('.')
      parts.push(this.identifier('a name after the dot'))
    }
    return parts
  }

  string(expected: string): string {
    if (this.#next?.kind !== 'string') throw this.failure(`${expected} in single quotes`)
    return this.take(expected).value
  }

  /** The statement must end here. */
  end(): void {
    if (this.#next) throw this.failure('the end of the statement')
  }

  /** The error that says what was expected at the next token, and what stands there. */
  failure(expected: string): QueryError {
    const token = this.#next
    const position = this.position
    const reason =
      token === undefined
        ? `expected ${expected}, but the statement ends`
        : token.kind === 'broken'
          ? `${token.text.startsWith('/*') ? 'comment' : 'quote'} is never closed`
          : `expected ${expected}, found ${shortened(token.text)}`
    return queryError('SYNTAX_ERROR', { reason }, { position })
  }
}

export function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text.toUpperCase() === word
}

function shortened(text: string): string {
  const characters = [...text.slice(0, 80)]
  return characters.length <= 40 ? text : `${characters.slice(0, 40).join('')}…`
}
