/** Table functions that read files: their paths and options must be constants. */
import { queryError } from '@arbalest/common'
import { isLongNumber, type DuckdbJson } from '../../duckdb-json.js'
import { isTreeNode, listOf, textOf, type TreeNode } from './tree-node.js'

export const fileFunctions = [
  'read_parquet',
  'parquet_scan',
  'read_csv',
  'read_csv_auto',
  'read_json',
  'read_json_auto',
  'read_ndjson',
] as const

export interface FileFunction {
  readonly kind: 'file-function'
  readonly function: (typeof fileFunctions)[number]
  readonly paths: readonly string[]
  /** Named arguments, keys in lower case; booleans are `true` and `false`. */
  readonly options: Readonly<Record<string, string>>
  readonly position: number | undefined
}

/**
 * The file function of a `TABLE_FUNCTION` node; undefined when it calls another function.
 *
 * Throws NOT_ALLOWED for arguments that are not constants, NOT_IN_THIS_VERSION for lists and
 * structs as options.
 */
export function readFileFunction(
  node: TreeNode,
  position: number | undefined,
): FileFunction | undefined {
  const call = node['function']
  if (!isTreeNode(call)) return undefined
  const called = textOf(call, 'function_name').toLowerCase()
  const name = fileFunctions.find((candidate) => candidate === called)
  if (name === undefined) return undefined
  const place = position === undefined ? {} : { position }
  if (node['with_ordinality'] === 'WITH_ORDINALITY') {
    const fields = { what: 'WITH ORDINALITY over files', instead: 'use row_number() OVER ()' }
    throw queryError('NOT_IN_THIS_VERSION', fields, place)
  }
  const notConstant = (): Error => {
    const reason = 'its arguments must be constants'
    return queryError('NOT_ALLOWED', { what: `the function ${name}`, reason }, place)
  }
  let paths: readonly string[] | undefined
  const options: Record<string, string> = {}
  for (const argument of listOf(call, 'children')) {
    if (!isTreeNode(argument)) throw notConstant()
    const option = namedArgument(argument)
    if (option) {
      const value = constantText(option.value)
      if (value === undefined) throw optionError(name, option, place)
      options[option.name] = value
    } else {
      if (paths !== undefined) throw notConstant()
      paths = pathsOf(argument)
      if (paths === undefined) throw notConstant()
    }
  }
  if (paths === undefined || paths.length === 0) throw notConstant()
  return { kind: 'file-function', function: name, paths, options, position }
}

interface NamedArgument {
  readonly name: string
  readonly value: TreeNode
}

/** `name = value` is serialized as a comparison, `name := value` as a value with an alias. */
function namedArgument(argument: TreeNode): NamedArgument | undefined {
  const { left, right } = argument
  if (argument['type'] === 'COMPARE_EQUAL' && isTreeNode(left) && isTreeNode(right)) {
    const [name, ...rest] = listOf(left, 'column_names')
    if (typeof name !== 'string' || rest.length > 0) return undefined
    return { name: name.toLowerCase(), value: right }
  }
  const alias = textOf(argument, 'alias')
  return alias === '' ? undefined : { name: alias.toLowerCase(), value: argument }
}

function pathsOf(argument: TreeNode): readonly string[] | undefined {
  const isList =
    argument['type'] === 'FUNCTION' && textOf(argument, 'function_name') === 'list_value'
  if (!isList) {
    const path = stringConstant(argument)
    return path === undefined ? undefined : [path]
  }
  const paths: string[] = []
  for (const element of listOf(argument, 'children')) {
    const path = isTreeNode(element) ? stringConstant(element) : undefined
    if (path === undefined) return undefined
    paths.push(path)
  }
  return paths
}

function stringConstant(node: TreeNode): string | undefined {
  const value = node['value']
  if (node['class'] !== 'CONSTANT' || !isTreeNode(value)) return undefined
  return typeof value['value'] === 'string' ? value['value'] : undefined
}

/** Text of a string, number or boolean; undefined for NULL, lists, structs and what is computed. */
function constantText(node: TreeNode): string | undefined {
  if (node['type'] === 'OPERATOR_CAST') {
    const { cast_type: type, child } = node
    const isBoolean = isTreeNode(type) && type['id'] === 'BOOLEAN' && isTreeNode(child)
    const text = isBoolean ? stringConstant(child) : undefined
    return text === 't' ? 'true' : text === 'f' ? 'false' : undefined
  }
  const { value } = node
  if (node['class'] !== 'CONSTANT' || !isTreeNode(value) || value['is_null'] === true) {
    return undefined
  }
  return scalarText(value['value'], value['type'])
}

function scalarText(
  scalar: DuckdbJson | undefined,
  type: DuckdbJson | undefined,
): string | undefined {
  if (typeof scalar === 'string') return scalar
  if (typeof scalar === 'boolean') return String(scalar)
  if (scalar !== undefined && isLongNumber(scalar)) return scalar.longNumber
  if (typeof scalar !== 'number') return undefined
  const info = isTreeNode(type) ? type['type_info'] : undefined
  const scale = isTreeNode(info) && typeof info['scale'] === 'number' ? info['scale'] : 0
  return scale === 0 ? String(scalar) : (scalar / 10 ** scale).toFixed(scale)
}

function optionError(
  functionName: string,
  { name, value }: NamedArgument,
  place: { readonly position?: number },
): Error {
  const isCollection = ['list_value', 'struct_pack'].includes(textOf(value, 'function_name'))
  const what = `the option ${name} of ${functionName}`
  if (isCollection) {
    const instead = 'CREATE EXTERNAL TABLE declares columns and types'
    return queryError('NOT_IN_THIS_VERSION', { what, instead }, place)
  }
  return queryError('NOT_ALLOWED', { what, reason: 'its value must be a constant' }, place)
}
