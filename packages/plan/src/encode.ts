/**
 * Prepared queries with their plans as versioned JSON text, for messages and the job log.
 *
 * A list of files is written once, however many inputs and sources it stands for, each file as a row.
 * The operators of a plan are listed inputs first and refer to each other by position, so that neither
 * a deep plan nor a shared subplan costs more than its operators. Fields that are `undefined` are left
 * out and read back as `undefined`; numbers that JSON does not have are written as objects.
 */
import { present, queryError } from '@arbalest/common'
import type { Plan } from './plan.js'
import type { PreparedQuery } from './prepared-query.js'
import type { SourceFile } from './table-source.js'
import { childrenOf, transformUp, withChildren } from './walk.js'

/** Counts up whenever an older reader would misunderstand the text. */
const encodingVersion = 2

interface EncodedPlan {
  /** Operators, inputs first, with `{ at }` in place of each input. */
  readonly operators: readonly Plan[]
  readonly root: number
}

interface OperatorReference { readonly at: number }

export function encodePreparedQuery(query: PreparedQuery): string {
  const { logical } = query
  const files = new Map<readonly SourceFile[], number>()
  const light = withFiles(query, (list) => {
    const at = files.get(list) ?? files.size
    files.set(list, at)
    return [{ list: at }] as unknown as readonly SourceFile[]
  })
  const lists = [...files.keys()].map((list) => list.map(rowOf))
  if (logical.kind !== 'plan') return write({ version: encodingVersion, query: light, files: lists })
  return write({
    version: encodingVersion,
    query: { ...light, logical: { kind: 'plan' } },
    plan: tableOf(logical.plan),
    files: lists,
  })
}

interface EncodedQuery {
  readonly query?: PreparedQuery
  readonly plan?: EncodedPlan
  readonly files?: readonly (readonly FileRow[])[]
}

/** @throws QueryError PROTOCOL_MISMATCH for another version, INTERNAL for what is no encoded query. */
export function decodePreparedQuery(text: string): PreparedQuery {
  const { query: light, plan, files } = read<EncodedQuery>(text)
  if (light?.logical === undefined || !Array.isArray(files)) throw unreadable('it holds no query')
  const lists = files.map((list) => list.map(fileOf))
  const query = withFiles(light, ([reference]) => {
    const { list } = reference as unknown as { readonly list: number }
    return present(lists[list], 'its lists of files are there')
  })
  return query.logical.kind === 'plan' ? { ...query, logical: { kind: 'plan', plan: planOf(plan) } } : query
}

// ---- files ---------------------------------------------------------------------------------------

type FileRow = readonly [string, number, string, string, number | null, readonly number[], object?]

function rowOf({ path, sizeBytes, mtimeNs, footerHash, rows, rowGroupRows, ...others }: SourceFile): FileRow {
  const row = [path, sizeBytes, mtimeNs, footerHash, rows ?? null, rowGroupRows] as const
  return Object.keys(others).length === 0 ? row : [...row, others]
}

const fileOf = ([path, sizeBytes, mtimeNs, footerHash, rows, rowGroupRows, others]: FileRow): SourceFile =>
  ({ path, sizeBytes, mtimeNs, footerHash, rows: rows ?? undefined, rowGroupRows, ...others })

/** The query with other lists of files in the same places. */
function withFiles(
  query: PreparedQuery,
  change: (files: readonly SourceFile[]) => readonly SourceFile[],
): PreparedQuery {
  const inputs = query.whole.inputs.map((input) => ({ ...input, files: change(input.files) }))
  const sources = Object.entries(query.sources).map(([id, source]) => [id, { ...source, files: change(source.files) }])
  const changed = Object.fromEntries(sources) as PreparedQuery['sources']
  return { ...query, whole: { ...query.whole, inputs }, sources: changed }
}

// ---- plans as tables -----------------------------------------------------------------------------

function tableOf(plan: Plan): EncodedPlan {
  const positions = new Map<Plan, number>()
  const operators: Plan[] = []
  transformUp(plan, (node) => {
    const references = childrenOf(node).map((child) => referenceTo(positions, child))
    positions.set(node, operators.length)
    operators.push(withChildren(node, references))
    return node
  })
  return { operators, root: operators.length - 1 }
}

/** Stands where an input was, in text only; `planOf` puts the input back. */
function referenceTo(positions: ReadonlyMap<Plan, number>, child: Plan): Plan {
  const reference: OperatorReference = { at: present(positions.get(child), 'inputs are listed first') }
  return reference as unknown as Plan
}

function planOf(table: EncodedPlan | undefined): Plan {
  if (table === undefined || !Array.isArray(table.operators)) throw unreadable('it holds no plan')
  const plans: Plan[] = []
  for (const operator of table.operators) {
    const children = childrenOf(operator).map((child) => {
      const { at } = child as unknown as OperatorReference
      return present(plans[at], 'inputs are listed first')
    })
    plans.push(withChildren(operator, children))
  }
  const root = plans[table.root]
  if (root === undefined) throw unreadable('its root is missing')
  return root
}

// ---- text ----------------------------------------------------------------------------------------

const numberKey = '$number'

function write(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'number') return part
    if (Object.is(part, -0)) return { [numberKey]: '-0' }
    return Number.isFinite(part) ? part : { [numberKey]: String(part) }
  })
}

function read<T>(text: string): T {
  let parsed: { readonly version?: unknown }
  try {
    parsed = JSON.parse(text, text.includes(`"${numberKey}"`) ? reviveNumber : undefined) as typeof parsed
  } catch (cause) {
    throw unreadable('it is not JSON', cause)
  }
  if (typeof parsed !== 'object' || parsed === null) throw unreadable('it is not an object')
  if (parsed.version !== encodingVersion) {
    const theirs = String(parsed.version)
    throw queryError('PROTOCOL_MISMATCH', { theirs: `plan encoding ${theirs}`, ours: encodingVersion })
  }
  return parsed as T
}

function reviveNumber(_: string, part: unknown): unknown {
  if (typeof part !== 'object' || part === null) return part
  const entries = Object.entries(part)
  const [entry] = entries
  return entries.length === 1 && entry?.[0] === numberKey && typeof entry[1] === 'string' ? Number(entry[1]) : part
}

const unreadable = (reason: string, cause?: unknown) =>
  queryError('INTERNAL', { reason: `an encoded plan cannot be read: ${reason}` }, { cause })
