/**
 * Checks for values that arrive from a wire: each peer's JSON is read once, at the edge, into the type
 * it claims to be. What does not fit is INVALID_REQUEST and names the place.
 */
import { queryError } from '@arbalest/common'

/** Returns the value as `T`, or throws INVALID_REQUEST naming `path`. */
export type Shape<T> = (value: unknown, path: string) => T
/** What a shape gives. */
export type Shaped<S> = S extends Shape<infer T> ? T : never

const mismatch = (path: string, expected: string): Error =>
  queryError('INVALID_REQUEST', { reason: `${path} is not ${expected}` })

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A text of at most `lengthMax` UTF-16 units. */
export const text =
  (lengthMax: number): Shape<string> =>
  (value, path) => {
    if (typeof value !== 'string') throw mismatch(path, 'a text')
    if (value.length > lengthMax) throw mismatch(path, `a text of at most ${lengthMax} characters`)
    return value
  }

/** A finite number from 0. */
export const amount: Shape<number> = (value, path) => {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw mismatch(path, 'a number from 0')
}

/** A whole number from `low` to `high`. */
export const wholeNumber =
  (low: number, high: number): Shape<number> =>
  (value, path) => {
    if (Number.isSafeInteger(value) && Number(value) >= low && Number(value) <= high)
      return Number(value)
    throw mismatch(path, `a whole number from ${low} to ${high}`)
  }

export const truth: Shape<boolean> = (value, path) => {
  if (typeof value === 'boolean') return value
  throw mismatch(path, 'true or false')
}

export const oneOf =
  <T extends string>(...words: readonly T[]): Shape<T> =>
  (value, path) => {
    const found = words.find((word) => word === value)
    if (found === undefined) throw mismatch(path, `one of ${words.join(', ')}`)
    return found
  }

/** A text that `parse` takes, e.g. an id. */
export const parsed =
  <T>(parse: (text: string) => T): Shape<T> =>
  (value, path) => {
    if (typeof value !== 'string') throw mismatch(path, 'a text')
    return parse(value)
  }

export const list =
  <T>(item: Shape<T>): Shape<readonly T[]> =>
  (value, path) => {
    if (!Array.isArray(value)) throw mismatch(path, 'a list')
    return value.map((one: unknown, index) => item(one, `${path}[${index}]`))
  }

/** An object used as a map from names to `item`. */
export const mapOf =
  <T>(item: Shape<T>): Shape<Readonly<Record<string, T>>> =>
  (value, path) => {
    if (!isObject(value)) throw mismatch(path, 'an object')
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, item(one, `${path}.${name}`)]),
    )
  }

/** Absent, or `null`, gives `undefined`. */
export const optional =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (value, path) =>
    value === undefined || value === null ? undefined : shape(value, path)

type Fields<S> = { readonly [K in keyof S]: Shaped<S[K]> }

/** An object with these fields; others, of a newer peer, are left out. */
export function object<S extends Readonly<Record<string, Shape<unknown>>>>(
  shapes: S,
): Shape<Fields<S>> {
  const entries = Object.entries(shapes)
  return (value, path) => {
    if (!isObject(value)) throw mismatch(path, 'an object')
    const result: Record<string, unknown> = {}
    for (const [name, shape] of entries) {
      const field = shape(value[name], `${path}.${name}`)
      if (field !== undefined) result[name] = field
    }
    return result as Fields<S>
  }
}

/**
 * An object whose fields `shapes` are checked and whose other fields are taken as the peer sent them: for
 * data that a peer of the same version made from our own types.
 */
export const trusted = <T>(shapes: Readonly<Record<string, Shape<unknown>>>): Shape<T> => {
  const check = object(shapes)
  return (value, path) => {
    check(value, path)
    return value as T
  }
}

/** A union on `kind`. */
export function union<T extends { readonly kind: string }>(members: {
  readonly [K in T['kind']]: Shape<Omit<Extract<T, { readonly kind: K }>, 'kind'>>
}): Shape<T> {
  return (value, path) => {
    const kind = isObject(value) ? value['kind'] : undefined
    if (typeof kind !== 'string' || !Object.hasOwn(members, kind))
      throw mismatch(`${path}.kind`, 'known')
    const member = (members as Readonly<Record<string, Shape<object>>>)[kind]
    return { ...member?.(value, path), kind } as unknown as T
  }
}

/** A value as UTF-8 JSON. */
export const encodeJson = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** @throws QueryError INVALID_REQUEST */
export function decodeJson<T>(bytes: Uint8Array, shape: Shape<T>, what: string): T {
  let value: unknown
  try {
    value = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
    )
  } catch (cause) {
    throw queryError('INVALID_REQUEST', { reason: `${what} is not JSON` }, { cause })
  }
  return shape(value, what)
}
