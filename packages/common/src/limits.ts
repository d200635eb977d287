/** Every limit of the system, in one place: what bounds loops, queues, buffers, retries and waits. */

/** Bytes of one SQL text. */
export const statementBytesMax = 16 * 1024 * 1024
/** Time for planning one statement in the planner child, then SIGKILL. */
export const planningTimeoutMs = 10_000
/** Memory of the planner child's data segment. */
export const plannerMemoryBytesMax = 2 * 1024 * 1024 * 1024
/** Attempts of one task before its job fails; lost executors do not count. */
export const attemptsPerTaskMax = 4
/** How often one stage may be computed again for lost outputs before its job fails. */
export const recomputationsPerStageMax = 8
/** A job that runs out of memory is planned anew for four times as many partitions, up to so many times as many. */
export const partitionsTimesMax = 16
/** Back-off before attempt 2, doubled for each further one. */
export const retryBackoffMs = 100
export const retryBackoffMaxMs = 10_000
/**
 * A task gets a second attempt when its first has run so many times as long as others needed for as much work, and
 * so long at least; and the time between two looks for such tasks.
 */
export const stragglerTimes = 3
export const stragglerMinMs = 5_000
export const stragglerCheckMs = 1_000
/** Time between heartbeats of an executor, and silence after which it is lost. */
export const heartbeatIntervalMs = 5_000
export const executorTimeoutMs = 20_000
/** Failures of several jobs in a row after which an executor is set aside, and for how long: doubled each time. */
export const executorFailuresMax = 4
export const executorPauseMs = 30_000
export const executorPauseMaxMs = 600_000
/** Time a suspect executor has to attach again after its stream broke. */
export const reattachGraceMs = 1_000
/** The same after a start of the scheduler from its log. */
export const restartGraceMs = 5_000
/** How long a job that ends with its client goes on while nobody asks for it: after a lost front clients come back. */
export const abandonedJobMs = 60_000
/** Time that a client whose connection ended has to ask for its query's job, before that is cancelled. */
export const clientReturnMs = 2_000
/** Time a job waits for a first executor before it fails with NO_EXECUTORS. */
export const noExecutorGraceMs = 10_000
/** Bytes of a committed output that travel in the success report. */
export const inlineOutputBytesMax = 256 * 1024
/** Attempt updates of one message, and the time for which it is not told that an attempt runs. */
export const updateBatchMax = 100
export const runningReportWaitMs = 20
/** A watcher hears of a job's progress no more often; of its end at once. */
export const progressIntervalMs = 50
/**
 * One message between the processes of a cluster: what is larger goes in pieces of `messagePieceBytes`, and is put
 * together up to `wholeMessageBytesMax`. Rows are streams of their own.
 */
export const messageBytesMax = 1024 * 1024
export const messagePieceBytes = 256 * 1024
export const wholeMessageBytesMax = 256 * 1024 * 1024
/** gRPC message of a client or of a result: a statement's text and a batch of rows come in one. */
export const grpcMessageBytesMax = 64 * 1024 * 1024
/** Bytes on their way to a reader of a gRPC stream: HTTP/2's own 64 KiB cost a round trip every few reads. */
export const grpcWindowBytes = 4 * 1024 * 1024
/** Partitions of one exchange, and up to how many each has files of its own: beyond, a task leaves one sorted file. */
export const partitionsMax = 1_000
export const partitionFilesMax = 100
/** Bytes in flight of one shuffle reader, and fetches at once from all peers. */
export const fetchConcurrency = 4
export const fetchRetries = 3
export const fetchBackoffMs = 100
export const fetchTimeoutMs = 30_000
/** Time after a cancel until the engine child is killed. */
export const cancelGraceMs = 5_000
/** Row groups of a table up to which the values of each are told to the planner. */
export const clusteredRowGroupsMax = 20_000
/** Buckets of a table. */
export const bucketsMax = 256
/** Files of one table. */
export const filesPerTableMax = 100_000
/** Free space on the disk of the job log below which no further jobs are taken, and the most it may grow to. */
export const stateFreeBytesMin = 256 * 1024 * 1024
export const stateBytesMax = 16 * 1024 * 1024 * 1024
/** Time between two looks at them. */
export const stateSpaceCheckMs = 5_000
/** Jobs that may run or wait at once. */
export const jobsMax = 1_000
/**
 * Finished jobs and their logs kept in memory: of those whose result has been read only as many as have their plans
 * and lists of files in so many bytes, about, but the last ones in any case.
 */
export const finishedJobsKept = 1_000
export const finishedJobsBytesMax = 256 * 1024 * 1024
export const finishedJobsKeptMin = 20
/** Time the rows of a finished job stay readable. */
export const resultRetentionMs = 300_000
/** Characters of the statements that one session has prepared. */
export const preparedStatementCharsMax = 16 * 1024 * 1024
/** Idle time after which a session ends. */
export const sessionIdleMs = 3_600_000
export const sessionsMax = 10_000
/** Nesting of expressions and operators that readers and printers follow. */
export const nestingMax = 2_000
/** Nesting of what is read from DuckDB's plans; its parser allows the same. */
export const planNestingMax = 1_000
/** Files that one process opens at once to look at them. */
export const fileReadConcurrency = 32
/** Target bytes of one Arrow batch, and bytes of rows that are put into one at once unless it is one row. */
export const arrowBatchBytes = 1024 * 1024
export const arrowBatchBytesMax = 8 * 1024 * 1024
/** Attempts that wait for a slot on one executor. */
export const waitingAttemptsMax = 10_000
/** Longest wait of an executor between two tries to reach its scheduler. */
export const attachBackoffMaxMs = 1_000
/** The same in the first seconds after a stream broke: a scheduler that starts again waits for its executors. */
export const reattachBackoffMaxMs = 200
export const reattachHurryMs = 15_000
/** Fetched shuffle files that no attempt of an executor reads at the moment, kept for the next one. */
export const fetchedBytesKeptMax = 256 * 1024 * 1024
/** Time after which files of jobs that no executor knows any more are removed from a shared shuffle directory. */
export const sharedShuffleKeptMs = 86_400_000
/** Bytes of the index of a shuffle file. */
export const indexBytesMax = 16 * 1024 * 1024
/** Connections, header bytes and idle time that a shuffle server grants its peers. */
export const shuffleConnectionsMax = 1_024
export const shuffleHeaderBytesMax = 8 * 1024
export const shuffleIdleTimeoutMs = 60_000
/**
 * A block that shuffle files are read into, blocks that a server keeps for its transfers, and the block of
 * every transfer beyond them. Blocks are used again: memory fresh from the system costs more than the copy.
 */
export const shuffleBlockBytes = 512 * 1024
export const shuffleBlocksMax = 32
export const shuffleSmallBlockBytes = 64 * 1024
/** Bytes of a file that is read or written on the spot: handing the calls to another thread takes longer. */
export const smallFileBytesMax = 512 * 1024
/** Unused time after which a reader closes its connection to a shuffle server; shorter than the server's. */
export const shuffleConnectionKeptMs = 20_000
/** Time an executor that drains goes on serving outputs that somebody may still need. */
export const drainTimeoutMs = 600_000
/** Starts of an engine child in a row that may fail before waiting attempts fail. */
export const engineStartsMax = 5
/** Attempts of one task lost with their executors or for want of inputs before its job fails. */
export const lossesPerTaskMax = 16
/** Lost executors that are still shown. */
export const lostExecutorsKept = 100
/** Files of a stage from which on a list of them is made once for all who read them, and sent once to each executor. */
export const sharedPiecesMin = 16
/** Inline bytes (as base64) that one attempt carries from earlier stages; the rest is fetched. */
export const inlineInputBytesMax = 4 * 1024 * 1024
/** Time an executor has to answer an inspect call, and executors tried for one call. */
export const inspectTimeoutMs = 60_000
export const inspectTriesMax = 3
/** Pause of an inspect call that waits for executors to come back. */
export const inspectPauseMs = 50
/** Inspect calls under way at once. */
export const inspectCallsMax = 1_000
/** Lateness of a timer after which the scheduler reads its sockets first, and the time it takes for that. */
export const timerLatenessMs = 1_000
export const socketDrainMs = 250
/** Wait for the first bytes of a connection (and its TLS handshake), then it is closed. */
export const firstBytesTimeoutMs = 10_000
/** Open connections of one port. */
export const connectionsMax = 4_096
/** Bytes queued for a peer that does not read its stream, then it is cut off. */
export const streamQueueBytesMax = 128 * 1024 * 1024
/** Wait for the answer to a short call between processes. */
export const rpcTimeoutMs = 20_000
/**
 * Pause between two signs of life on a gRPC connection, and the silence after one that ends it: longer
 * than a link that fails for ten seconds takes to be used again.
 */
export const keepaliveIntervalMs = 10_000
export const keepaliveTimeoutMs = 20_000
/** Idle time after which a gRPC connection without calls is closed. */
export const connectionIdleMs = 600_000
/** Characters of prepared statements that the front keeps, so that the same need not be planned again. */
export const preparedTextCharsMax = 64 * 1024 * 1024
/** Characters of prepared queries that the front keeps at hand, to plan their further steps itself. */
export const lightQueryCharsMax = 2 * 1024 * 1024
/** Characters of prepared queries that the front remembers by job, so that it need not be sent them for each step. */
export const submittedQueryCharsMax = 64 * 1024 * 1024
/** Statements that wait for the planner child. */
export const plannerQueueMax = 10_000
/** Tables kept for files that queries named, beyond which the longest unused go. */
export const fileTablesMax = 1_000
/** Rounds in which the rules of one optimizer pass may still change the plan. */
export const optimizerRoundsMax = 100
/** Time the front has to answer for one step of a plan, restarts of its planner child included. */
export const unfoldTimeoutMs = 60_000
/** Starts of a planner child in a row that may fail before waiting statements fail. */
export const plannerStartsMax = 5
/** Tickets for results that have not been read, beyond which the oldest go. */
export const ticketsMax = 10_000
/** Bytes of a result handed to a client's connection and not yet sent, beyond which no more are read. */
export const resultBytesAheadMax = 1024 * 1024
/** Messages of a result that wait for a client to take them, beside what its connection holds. */
export const resultMessagesAheadMax = 1
/** Time that files of past versions of tables stay, for statements that were planned over them. */
export const tableFilesKeptMs = 3_600_000
/** Time between two looks through the files of tables. */
export const warehouseSweepMs = 300_000
/** Small files at the end of a table beyond which they are merged, and the bytes of the largest small one. */
export const smallTableFilesMax = 64
export const smallTableFileBytes = 4 * 1024 * 1024
/** Files of a table that an UPDATE or DELETE writes anew by themselves; more of them, and all are. */
export const hitFilesMax = 1_000
/** Rows of VALUES that are written without a job. */
export const valuesWithoutJobMax = 10_000
/** Time that files with the events of ended jobs stay, and between two looks through them. */
export const eventFilesKeptMs = 604_800_000
export const eventFilesSweepMs = 3_600_000
/** Silence after which a client gives up a job whose server is gone, and the pause between two tries. */
export const resumeTimeoutMs = 30_000
export const resumeIntervalMs = 200
