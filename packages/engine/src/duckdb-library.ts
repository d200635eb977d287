/**
 * DuckDB's C interface as JavaScript functions: the one file that declares native functions.
 *
 * The library is the one that DuckDB's own npm package ships for this platform. Handles are native
 * pointers as `bigint`; `0n` never occurs, a null pointer is `null`. Nothing here owns anything.
 */
import { createRequire } from 'node:module'
import path from 'node:path'
import { queryError } from '@arbalest/common'
import koffi from 'koffi'

/** A native pointer. */
export type Pointer = bigint
/** What C writes a handle into. */
export type HandleOut = [Pointer | null]

/**
 * Calls run on a stack of their own which has to carry DuckDB's recursion over deep expressions, so
 * it is as large as the binding allows. Pages that are never touched cost nothing.
 */
const nativeStackBytes = 16 * 1024 * 1024
koffi.config({
  sync_stack_size: nativeStackBytes,
  async_stack_size: nativeStackBytes,
  max_async_calls: 4096,
})

const library = koffi.load(libraryPath())
const process_ = koffi.load(null)

/** `duckdb_result`: 48 bytes that C fills and takes by value. */
export const resultBytes = 48
const resultStruct = koffi.struct('duckdb_result', {
  columns: 'uint64', rows: 'uint64', changed: 'uint64', names: 'void*', message: 'void*', internal: 'void*',
})
export type ResultValue = object
/** The struct as a value, to be passed to `fetchChunk`. */
export const resultValue = (result: Buffer): ResultValue => koffi.decode(result, resultStruct) as ResultValue

const releaseType = koffi.proto('void arbalest_release(void* it)')
/** Calls the `release` function of an Arrow C structure. */
export const callRelease = (release: Pointer, structure: Buffer): void => {
  koffi.call(release, releaseType, structure)
}

/** Copies `bytes` bytes from native memory into `target`. */
export const copyMemory = process_.func('void* memcpy(void* target, uintptr_t source, size_t bytes)') as unknown as (
  target: Uint8Array, source: Pointer, bytes: number,
) => unknown
const textLength = process_.func('size_t strlen(uintptr_t text)') as unknown as (text: Pointer) => number

/** The C string at a pointer, read as UTF-8. */
export function readText(text: Pointer): string {
  const bytes = Buffer.alloc(Number(textLength(text)))
  if (bytes.length > 0) copyMemory(bytes, text, bytes.length)
  return bytes.toString('utf8')
}

type Declare = <F>(signature: string) => F
const sync: Declare = <F>(signature: string) => library.func(signature) as unknown as F

/** A native function that runs on a thread of libuv's pool and answers by a promise. */
function onThread<A extends readonly unknown[], R>(signature: string): (...args: A) => Promise<R> {
  const native = library.func(signature)
  return (...args) =>
    new Promise((resolve, reject) => {
      native.async(...args, (error: unknown, result: R) => {
        if (error === null || error === undefined) resolve(result)
        else reject(error instanceof Error ? error : new Error('a native call failed', { cause: error }))
      })
    })
}

const freeMemory = sync<(pointer: Pointer | number) => void>('void duckdb_free(uintptr_t pointer)')

/** A function whose C string belongs to the caller: it is read and freed; `undefined` where C has none. */
function ownedText<A extends readonly unknown[]>(signature: string): (...args: A) => string | undefined {
  const native = sync<(...args: A) => Pointer | number>(`uintptr_t ${signature}`)
  return (...args) => {
    const text = BigInt(native(...args))
    if (text === 0n) return undefined
    const read = readText(text)
    freeMemory(text)
    return read
  }
}

type ToArrowSchema = (
  options: Pointer, types: readonly Pointer[], names: readonly string[], count: number, out: Buffer,
) => Pointer | null

/** 0 is success in all that answer a number as their state. */
export const duckdb = {
  version: sync<() => string>('const char* duckdb_library_version()'),
  open: onThread<[string | null, HandleOut, Pointer | null, [string | null]], number>(
    'int duckdb_open_ext(const char* path, _Out_ void** db, void* config, _Out_ char** error)',
  ),
  createConfig: sync<(out: HandleOut) => number>('int duckdb_create_config(_Out_ void** config)'),
  setConfig: sync<(config: Pointer, name: string, value: string) => number>(
    'int duckdb_set_config(void* config, const char* name, const char* value)',
  ),
  destroyConfig: sync<(config: HandleOut) => void>('void duckdb_destroy_config(_Inout_ void** config)'),
  closeDatabase: onThread<[HandleOut], void>('void duckdb_close(_Inout_ void** db)'),
  connect: sync<(database: Pointer, out: HandleOut) => number>('int duckdb_connect(void* db, _Out_ void** con)'),
  disconnect: onThread<[HandleOut], void>('void duckdb_disconnect(_Inout_ void** con)'),
  interrupt: sync<(connection: Pointer) => void>('void duckdb_interrupt(void* con)'),

  query: onThread<[Pointer, string, Buffer], number>('int duckdb_query(void* con, const char* sql, void* result)'),
  prepare: onThread<[Pointer, string, HandleOut], number>(
    'int duckdb_prepare(void* con, const char* sql, _Out_ void** statement)',
  ),
  prepareError: sync<(statement: Pointer) => string | null>('const char* duckdb_prepare_error(void* statement)'),
  preparedColumns: sync<(statement: Pointer) => number>(
    'uint64_t duckdb_prepared_statement_column_count(void* statement)',
  ),
  preparedColumnName: ownedText<[Pointer, number]>(
    'duckdb_prepared_statement_column_name(void* statement, uint64_t column)',
  ),
  preparedColumnType: sync<(statement: Pointer, column: number) => Pointer>(
    'void* duckdb_prepared_statement_column_logical_type(void* statement, uint64_t column)',
  ),
  destroyPrepare: sync<(statement: HandleOut) => void>('void duckdb_destroy_prepare(_Inout_ void** statement)'),
  parameterCount: sync<(statement: Pointer) => number>('uint64_t duckdb_nparams(void* statement)'),
  bindBoolean: sync<(statement: Pointer, parameter: number, value: boolean) => number>(
    'int duckdb_bind_boolean(void* statement, uint64_t parameter, bool value)',
  ),
  pendingStreaming: onThread<[Pointer, HandleOut], number>(
    'int duckdb_pending_prepared_streaming(void* statement, _Out_ void** pending)',
  ),
  pendingError: sync<(pending: Pointer) => string | null>('const char* duckdb_pending_error(void* pending)'),
  executePending: onThread<[Pointer, Buffer], number>('int duckdb_execute_pending(void* pending, void* result)'),
  destroyPending: sync<(pending: HandleOut) => void>('void duckdb_destroy_pending(_Inout_ void** pending)'),

  resultError: sync<(result: Buffer) => string | null>('const char* duckdb_result_error(void* result)'),
  destroyResult: sync<(result: Buffer) => void>('void duckdb_destroy_result(void* result)'),
  columnCount: sync<(result: Buffer) => number>('uint64_t duckdb_column_count(void* result)'),
  columnType: sync<(result: Buffer, column: number) => Pointer>(
    'void* duckdb_column_logical_type(void* result, uint64_t column)',
  ),
  destroyType: sync<(type: HandleOut) => void>('void duckdb_destroy_logical_type(_Inout_ void** type)'),
  typeId: sync<(type: Pointer) => number>('int duckdb_get_type_id(void* type)'),
  typeAlias: ownedText<[Pointer]>('duckdb_logical_type_get_alias(void* type)'),
  decimalWidth: sync<(type: Pointer) => number>('uint8_t duckdb_decimal_width(void* type)'),
  decimalScale: sync<(type: Pointer) => number>('uint8_t duckdb_decimal_scale(void* type)'),
  enumSize: sync<(type: Pointer) => number>('uint32_t duckdb_enum_dictionary_size(void* type)'),
  enumValue: ownedText<[Pointer, number]>('duckdb_enum_dictionary_value(void* type, uint64_t at)'),
  listChild: sync<(type: Pointer) => Pointer>('void* duckdb_list_type_child_type(void* type)'),
  arrayChild: sync<(type: Pointer) => Pointer>('void* duckdb_array_type_child_type(void* type)'),
  arraySize: sync<(type: Pointer) => number>('uint64_t duckdb_array_type_array_size(void* type)'),
  mapKey: sync<(type: Pointer) => Pointer>('void* duckdb_map_type_key_type(void* type)'),
  mapValue: sync<(type: Pointer) => Pointer>('void* duckdb_map_type_value_type(void* type)'),
  structSize: sync<(type: Pointer) => number>('uint64_t duckdb_struct_type_child_count(void* type)'),
  structName: ownedText<[Pointer, number]>('duckdb_struct_type_child_name(void* type, uint64_t at)'),
  structType: sync<(type: Pointer, at: number) => Pointer>(
    'void* duckdb_struct_type_child_type(void* type, uint64_t at)',
  ),
  unionSize: sync<(type: Pointer) => number>('uint64_t duckdb_union_type_member_count(void* type)'),
  unionName: ownedText<[Pointer, number]>('duckdb_union_type_member_name(void* type, uint64_t at)'),
  unionType: sync<(type: Pointer, at: number) => Pointer>(
    'void* duckdb_union_type_member_type(void* type, uint64_t at)',
  ),
  fetchChunk: onThread<[ResultValue], Pointer | null>('void* duckdb_fetch_chunk(duckdb_result result)'),
  destroyChunk: sync<(chunk: HandleOut) => void>('void duckdb_destroy_data_chunk(_Inout_ void** chunk)'),

  arrowOptions: sync<(result: Buffer) => Pointer>('void* duckdb_result_get_arrow_options(void* result)'),
  destroyArrowOptions: sync<(options: HandleOut) => void>('void duckdb_destroy_arrow_options(_Inout_ void** options)'),
  toArrowSchema: sync<ToArrowSchema>(
    'void* duckdb_to_arrow_schema(void* options, void** types, const char** names, uint64_t count, void* out)',
  ),
  chunkToArrow: sync<(options: Pointer, chunk: Pointer, out: Buffer) => Pointer | null>(
    'void* duckdb_data_chunk_to_arrow(void* options, void* chunk, void* out)',
  ),
  errorMessage: sync<(error: Pointer) => string>('const char* duckdb_error_data_message(void* error)'),
  destroyError: sync<(error: HandleOut) => void>('void duckdb_destroy_error_data(_Inout_ void** error)'),

  profile: sync<(connection: Pointer) => Pointer | null>('void* duckdb_get_profiling_info(void* con)'),
  profileValue: sync<(profile: Pointer, key: string) => Pointer | null>(
    'void* duckdb_profiling_info_get_value(void* info, const char* key)',
  ),
  valueText: ownedText<[Pointer]>('duckdb_get_varchar(void* value)'),
  destroyValue: sync<(value: HandleOut) => void>('void duckdb_destroy_value(_Inout_ void** value)'),
} as const

/** Where DuckDB's package for this platform keeps the shared library. */
function libraryPath(): string {
  const own = createRequire(import.meta.url)
  const bindings = createRequire(own.resolve('@duckdb/node-bindings'))
  const platform = `@duckdb/node-bindings-${process.platform}-${process.arch}`
  const names: Readonly<Record<string, string>> = { win32: 'duckdb.dll', darwin: 'libduckdb.dylib' }
  for (const name of [platform, `${platform}-musl`]) {
    try {
      const manifest = bindings.resolve(`${name}/package.json`)
      return path.join(path.dirname(manifest), names[process.platform] ?? 'libduckdb.so')
    } catch {
      // The package manager installs only the variant of this platform: the next name is tried.
    }
  }
  throw queryError('INTERNAL', { reason: `DuckDB has no package for ${process.platform} on ${process.arch}` })
}
