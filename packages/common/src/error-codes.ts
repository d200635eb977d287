/**
 * The catalogue of errors: every code once, with its category, what to do about a retry, and its
 * message. `docs/reference/errors.md` is generated from this table.
 *
 * A `{name}` in a message is replaced by the field of that name.
 */

/**
 * Whose fault it is, which decides what happens next: `user` errors never retry; `resource` asks for
 * more room; `transient` retries with back-off; `lost-input` recomputes the lost partitions;
 * `internal` is a bug of ours.
 */
export type ErrorCategory = 'user' | 'resource' | 'transient' | 'lost-input' | 'internal'

/** Whether the scheduler may try again by itself. */
export type RetryClass = 'never' | 'retry' | 'recompute-input'

export interface ErrorDefinition {
  readonly category: ErrorCategory
  readonly retry: RetryClass
  readonly message: string
  /** What a person can do about it: one sentence for the reference page. */
  readonly mend: string
}

const user = (message: string, mend: string): ErrorDefinition => ({
  category: 'user',
  retry: 'never',
  message,
  mend,
})
const resource = (message: string, mend: string): ErrorDefinition => ({
  category: 'resource',
  retry: 'retry',
  message,
  mend,
})
const transient = (message: string, mend: string): ErrorDefinition => ({
  category: 'transient',
  retry: 'retry',
  message,
  mend,
})
const lostInput = (message: string, mend: string): ErrorDefinition => ({
  category: 'lost-input',
  retry: 'recompute-input',
  message,
  mend,
})
const internal = (message: string, mend: string): ErrorDefinition => ({
  category: 'internal',
  retry: 'never',
  message,
  mend,
})

export const errorCodes = {
  // SQL text
  SYNTAX_ERROR: user('{reason}', 'Correct the statement at the caret.'),
  UNKNOWN_TABLE: user('{reason}', 'Check the name with SHOW TABLES, or register the table first.'),
  UNKNOWN_COLUMN: user('{reason}', 'Check the names with DESCRIBE.'),
  UNKNOWN_FUNCTION: user('{reason}', 'Check the name and the types of the arguments.'),
  BINDER_ERROR: user('{reason}', 'Correct the statement: names resolve but do not fit together.'),
  STATEMENT_EMPTY: user('there is no statement in the text', 'Send a statement.'),
  STATEMENT_TOO_LONG: user(
    'the statement has {bytes} bytes, the limit is {limit}',
    'Put long lists into a table and join it.',
  ),
  NOT_IN_THIS_VERSION: user('{what} is not in this version; {instead}', 'Use what the message names.'),
  NOT_ALLOWED: user('{what} is not allowed here: {reason}', 'Register the files as a table and query that.'),
  EXECUTION_ERROR: user('{reason}', 'Correct the data or the expression.'),
  STATEMENT_TOO_COMPLEX: user(
    'planning took more than {limit} and was stopped',
    'Simplify the statement: very large constants are computed while planning.',
  ),
  // settings
  UNKNOWN_SETTING: user('there is no setting {name}{nearest}', 'SHOW ALL lists the settings.'),
  INVALID_SETTING: user('{name} cannot be {value}: {reason}', 'SHOW ALL lists the values.'),
  // catalog
  TABLE_EXISTS: user('{name} exists already', 'Use CREATE OR REPLACE, IF NOT EXISTS, or another name.'),
  UNKNOWN_SCHEMA: user('{reason}', 'SHOW SCHEMAS lists them; CREATE SCHEMA makes one.'),
  UNKNOWN_OBJECT: user('{reason}', 'Check the name, or create the object first.'),
  OBJECT_EXISTS: user('{name} exists already', 'Use CREATE OR REPLACE, IF NOT EXISTS, or another name.'),
  INVALID_PARAMETER: user('{reason}', 'Give one value for each parameter of the statement.'),
  NO_WAREHOUSE: user(
    '{statement} needs a directory for the files of tables',
    'Start the scheduler with --warehouse-dir for a directory that all executors share.',
  ),
  TABLE_CHANGED: user('the columns of {name} were changed {times} times meanwhile', 'Run the statement again.'),
  // files
  FILE_NOT_FOUND: user('no file matches {path}', 'Check the path as seen from the executors.'),
  FILE_UNREADABLE: user('{path} cannot be read as {format}: {reason}', 'Check the file and its format.'),
  FILE_SCHEMAS_DIFFER: user(
    '{first} and {second} have different columns: {difference}',
    'Register files of one schema as one table.',
  ),
  PATH_NOT_ALLOWED: user(
    '{path} is outside the data directories of the executors',
    'Start the executors with --data-dir for that directory, with --write-dir for one that is written to.',
  ),
  INPUT_CHANGED: user('{path} changed while the query ran', 'Run the query again.'),
  TABLE_DAMAGED: user(
    '{path} {problem}, and files of tables never change: it was damaged or replaced by somebody else',
    'Put the file back as it was from a copy of the warehouse, or make the table anew.',
  ),
  // identity and access
  INVALID_ID: user('{what} id "{id}" is not valid', 'Use an id as the server gave it.'),
  UNAUTHENTICATED: user('{reason}', 'Give the token with --auth-token-file or ARBALEST_TOKEN.'),
  PERMISSION_DENIED: user('{reason}', 'Use the token that belongs to it.'),
  UNKNOWN_JOB: user('there is no job {jobId}', 'Jobs are forgotten after their retention time.'),
  UNKNOWN_SESSION: user('there is no session {sessionId}', 'Open a new session: idle ones end.'),
  JOB_CANCELLED: user('job {jobId} was cancelled: {reason}', 'Run it again.'),
  INVALID_REQUEST: user('{reason}', 'Correct the request.'),
  // command line and processes
  INVALID_OPTION: user('{option}: {reason}', 'See --help.'),
  PORT_IN_USE: user('{host}:{port} is in use by another process', 'Choose another port or stop that process.'),
  ADDRESS_NEEDS_TOKEN: user(
    '{host} is not a loopback address and no token is set',
    'Give --auth-token-file, or say --insecure.',
  ),
  // cluster
  NO_EXECUTORS: transient('no executor is connected', 'Start one with: arbalest executor'),
  SCHEDULER_UNREACHABLE: transient('cannot reach {address}: {reason}', 'Check that the scheduler runs there.'),
  EXECUTOR_LOST: transient('executor {executorId} was lost: {reason}', 'The work is tried on another executor.'),
  ENGINE_CRASHED: transient('the engine ended while the attempt ran: {reason}', 'The attempt is tried again.'),
  PLANNER_CRASHED: transient('the planner ended while the statement was planned: {reason}', 'Run it again.'),
  FRONT_LOST: transient('the front that planned the statement is gone', 'The next front is asked.'),
  EXECUTOR_BUSY: transient('executor {executorId} does not answer', 'It is tried again.'),
  IO_ERROR: transient('{reason}', 'It is tried again.'),
  PROTOCOL_MISMATCH: internal(
    'peer speaks protocol {theirs}, this process speaks {ours}',
    'Run the same version everywhere.',
  ),
  FINGERPRINT_MISMATCH: internal(
    'executor engine {theirs} differs from the cluster engine {ours}',
    'Run the same version on the same architecture everywhere.',
  ),
  // resources
  OUT_OF_MEMORY: resource('out of memory: {reason}', 'Give the executors more memory with --memory-limit.'),
  DISK_FULL: resource('no space left for {path}', 'Free disk space or move --work-dir.'),
  STATE_DAMAGED: internal(
    'the log of jobs in {path} cannot be read: {reason}',
    'Put the directory aside and start again: its jobs are lost, tables and the catalog are not.',
  ),
  LIMIT_EXCEEDED: resource('{what} exceeds the limit of {limit}', 'See the limits in the reference.'),
  TOO_MANY_FAILURES: transient('task {task} failed {failures} times, last: {reason}', 'See the last error.'),
  // shuffle
  SHUFFLE_FETCH_FAILED: lostInput(
    'cannot fetch stage {stageId} task {task} from executor {executorId}: {reason}',
    'The lost partitions are computed again.',
  ),
  STATEMENT_LOST: transient(
    'the server went away while the statement ran: it has changed nothing, and what it had begun was ended',
    'Run it again.',
  ),
  OUTCOME_UNKNOWN: user(
    'the server went away while the statement ran: whether it has taken effect is not known',
    'Look at what it was to change before you run it again.',
  ),
  RESULT_LOST: lostInput('the result of job {jobId} is gone: {reason}', 'Run the query again.'),
  RESULT_EXPIRED: user('the result of job {jobId} is no longer kept', 'Run the query again.'),
  INTERNAL: internal('internal error: {reason}', 'Please report it with the job id.'),
} as const satisfies Readonly<Record<string, ErrorDefinition>>

export type ErrorCode = keyof typeof errorCodes
