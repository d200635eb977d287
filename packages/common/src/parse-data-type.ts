/** Reads a type as DuckDB prints it (`DESCRIBE`, `typeof`) or as people write it. */
import type { DataType, SimpleTypeName, TypeField } from './data-type.js'
import { simpleType } from './data-type.js'
import { queryError } from './query-error.js'

/**
 * The type of a text such as `DECIMAL(15,2)` or `STRUCT(a INTEGER[], "b c" MAP(VARCHAR, DATE))`.
 * Fields of a struct without names get the name `''`.
 * @throws QueryError NOT_IN_THIS_VERSION for types that are not DuckDB's or that no column can have.
 */
export function parseDataType(text: string): DataType {
  const reader = new TypeReader(text)
  const type = reader.readType()
  reader.expectEnd()
  return type
}

const simpleNames: ReadonlySet<string> = new Set<SimpleTypeName>([
  'BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT',
  'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT', 'UHUGEINT', 'BIGNUM',
  'FLOAT', 'DOUBLE', 'VARCHAR', 'BLOB', 'BIT', 'UUID', 'JSON', 'DATE', 'TIME', 'TIME_NS',
  'TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS', 'INTERVAL', 'GEOMETRY', 'VARIANT', 'NULL',
])

const aliases: Readonly<Record<string, SimpleTypeName>> = {
  BOOL: 'BOOLEAN', LOGICAL: 'BOOLEAN', INT1: 'TINYINT', INT2: 'SMALLINT', SHORT: 'SMALLINT',
  INT: 'INTEGER', INT4: 'INTEGER', SIGNED: 'INTEGER', INT8: 'BIGINT', LONG: 'BIGINT', INT128: 'HUGEINT',
  UINT8: 'UTINYINT', UINT16: 'USMALLINT', UINT32: 'UINTEGER', UINT64: 'UBIGINT', UINT128: 'UHUGEINT',
  VARINT: 'BIGNUM', REAL: 'FLOAT', FLOAT4: 'FLOAT', FLOAT8: 'DOUBLE', CHAR: 'VARCHAR', BPCHAR: 'VARCHAR',
  TEXT: 'VARCHAR', STRING: 'VARCHAR', NVARCHAR: 'VARCHAR', BYTEA: 'BLOB', BINARY: 'BLOB', VARBINARY: 'BLOB',
  BITSTRING: 'BIT', GUID: 'UUID', DATETIME: 'TIMESTAMP', TIMESTAMP_US: 'TIMESTAMP',
  TIMESTAMPTZ: 'TIMESTAMP WITH TIME ZONE', TIMETZ: 'TIME WITH TIME ZONE',
}

const zonedNames: Readonly<Record<string, SimpleTypeName>> = {
  TIME: 'TIME WITH TIME ZONE',
  TIMESTAMP: 'TIMESTAMP WITH TIME ZONE',
}

const wordPattern = /[\p{L}_][\p{L}\p{N}_]*/uy
const zonePattern = /\s+WITH\s+TIME\s+ZONE\b/iy
const numberPattern = /\d+/y

/** A cursor over the text of a type. */
class TypeReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  readType(): DataType {
    let type = this.#readBase()
    while (this.#accept('[')) {
      const size = this.#match(numberPattern)
      this.#expect(']')
      type = size === undefined ? { kind: 'list', child: type } : { kind: 'array', child: type, size: Number(size) }
    }
    return type
  }

  expectEnd(): void {
    this.#skipSpace()
    if (this.#at < this.#text.length) throw this.#unknown()
  }

  #readBase(): DataType {
    this.#skipSpace()
    const quoted = this.#text[this.#at] === '"'
    const word = (quoted ? this.#readQuoted('"') : (this.#match(wordPattern) ?? '')).toUpperCase()
    switch (word) {
      case 'STRUCT': case 'ROW': return { kind: 'struct', fields: this.#readFields() }
      case 'UNION': return { kind: 'union', members: this.#readFields() }
      case 'ENUM': return { kind: 'enum', values: this.#inParentheses(() => this.#readQuoted("'")) }
      case 'DECIMAL': case 'NUMERIC': case 'DEC': return this.#readDecimal()
      case 'MAP': {
        const [key, value, ...rest] = this.#inParentheses(() => this.readType())
        if (key === undefined || value === undefined || rest.length > 0) throw this.#unknown()
        return { kind: 'map', key, value }
      }
    }
    const zoned = zonedNames[word]
    if (zoned !== undefined && this.#match(zonePattern) !== undefined) return simpleType(zoned)
    const name = simpleNames.has(word) ? (word as SimpleTypeName) : aliases[word]
    if (name === undefined) throw this.#unknown()
    if (name === 'GEOMETRY' || name === 'VARCHAR') this.#skipParameter()
    return simpleType(name)
  }

  #readDecimal(): DataType {
    this.#skipSpace()
    if (this.#text[this.#at] !== '(') return { kind: 'decimal', width: 18, scale: 3 }
    const [width, scale] = this.#inParentheses(() => {
      this.#skipSpace()
      const digits = this.#match(numberPattern)
      if (digits === undefined) throw this.#unknown()
      return Number(digits)
    })
    return { kind: 'decimal', width: width ?? 18, scale: scale ?? 0 }
  }

  #readFields(): readonly TypeField[] {
    return this.#inParentheses(() => this.#readField())
  }

  /** `name type`, or only a type: what follows the first word tells which. */
  #readField(): TypeField {
    this.#skipSpace()
    const start = this.#at
    const quoted = this.#text[start] === '"'
    const name = quoted ? this.#readQuoted('"') : this.#match(wordPattern)
    this.#skipSpace()
    const next = this.#text[this.#at] ?? ''
    const isTypeOnly = name === undefined || next === '(' || next === ',' || next === ')' || next === '['
    if (isTypeOnly || (!quoted && this.#startsZone(start))) {
      this.#at = start
      return { name: '', type: this.readType() }
    }
    return { name, type: this.readType() }
  }

  #startsZone(start: number): boolean {
    return /^(TIME|TIMESTAMP)\s+WITH\s+TIME\s+ZONE\b/i.test(this.#text.slice(start, start + 40))
  }

  #inParentheses<T>(readItem: () => T): readonly T[] {
    const items: T[] = []
    this.#expect('(')
    if (this.#accept(')')) return items
    do items.push(readItem())
    while (this.#accept(','))
    this.#expect(')')
    return items
  }

  #readQuoted(quote: string): string {
    this.#expect(quote)
    let value = ''
    for (;;) {
      const end = this.#text.indexOf(quote, this.#at)
      if (end < 0) throw this.#unknown()
      value += this.#text.slice(this.#at, end)
      this.#at = end + 1
      if (this.#text[this.#at] !== quote) return value
      value += quote
      this.#at++
    }
  }

  /** A parameter without a meaning for the type: a length, a coordinate system. */
  #skipParameter(): void {
    if (!this.#accept('(')) return
    const end = this.#text.indexOf(')', this.#at)
    if (end < 0) throw this.#unknown()
    this.#at = end + 1
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }

  #accept(character: string): boolean {
    this.#skipSpace()
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #expect(character: string): void {
    if (!this.#accept(character)) throw this.#unknown()
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  #unknown() {
    const what = `the type ${this.#text.slice(0, 200)}`
    return queryError('NOT_IN_THIS_VERSION', { what, instead: 'cast it to VARCHAR' })
  }
}
