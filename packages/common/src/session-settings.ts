/** The settings a session can change: their names, defaults, meanings and checks. */
import { queryError } from './query-error.js'
import { partitionsMax } from './limits.js'

export type DistributeMode = 'auto' | 'always' | 'never'

export interface SessionSettings {
  readonly distribute: DistributeMode
  /** Partitions of an exchange; `undefined` = as many as tasks, twice that where each has its file, at most 100. */
  readonly targetPartitions: number | undefined
  readonly broadcastThresholdBytes: number
  readonly adaptive: boolean
  /** What is left over few written rows is computed without exchanges of its own. */
  readonly finishLocally: boolean
  readonly cancelOnDisconnect: boolean
  readonly shuffleCompression: 'auto' | 'none' | 'lz4' | 'zstd'
  /** `undefined` = no limit. */
  readonly jobTimeoutSeconds: number | undefined
  readonly jobName: string | undefined
  /** `undefined` = the default one. */
  readonly pool: string | undefined
  /** 0 to 100: within a pool the higher go first. */
  readonly jobPriority: number
  /** Whether tasks that take much longer than their like get a second attempt. */
  readonly speculation: boolean
  /** Labels of the executors that jobs run on as long as there are some. */
  readonly executorLabels: readonly string[]
  /** DuckDB settings local to a connection that travel with a job, by name as the user wrote them. */
  readonly duckdb: Readonly<Record<string, string>>
}

export const defaultSettings: SessionSettings = {
  distribute: 'auto',
  targetPartitions: undefined,
  broadcastThresholdBytes: 64 * 1024 * 1024,
  adaptive: true,
  finishLocally: true,
  cancelOnDisconnect: true,
  shuffleCompression: 'auto',
  jobTimeoutSeconds: undefined,
  jobName: undefined,
  pool: undefined,
  jobPriority: 0,
  speculation: true,
  executorLabels: [],
  duckdb: {},
}

/** One line of `SHOW ALL`. */
export interface SettingDefinition {
  readonly name: string
  readonly defaultText: string
  readonly meaning: string
  /** @throws QueryError INVALID_SETTING */
  apply(settings: SessionSettings, value: string): SessionSettings
  read(settings: SessionSettings): string
}

const invalid = (name: string, value: string, reason: string) =>
  queryError('INVALID_SETTING', { name, value, reason })

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === value.toLowerCase())
  if (found === undefined) throw invalid(name, value, `it is one of ${allowed.join(', ')}`)
  return found
}

function wholeNumber(name: string, value: string, low: number, high: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : NaN
  if (!(number >= low && number <= high)) {
    throw invalid(name, value, `it is a whole number from ${low} to ${high}`)
  }
  return number
}

const truth = (name: string, value: string): boolean =>
  oneOf(name, value, ['true', 'false', 'on', 'off', '1', '0'] as const).match(/^(true|on|1)$/) !== null

export const settingDefinitions: readonly SettingDefinition[] = [
  {
    name: 'arbalest.distribute',
    defaultText: 'auto',
    meaning: 'auto decides by cost; always puts every operator that can be split on the cluster; never runs whole',
    apply: (s, v) => ({ ...s, distribute: oneOf('arbalest.distribute', v, ['auto', 'always', 'never'] as const) }),
    read: (s) => s.distribute,
  },
  {
    name: 'arbalest.target_partitions',
    defaultText: 'as many as executors up to 4 of them on one machine, else executors × 2, at most 100',
    meaning: 'partitions of an exchange before adaptation, at most 1000',
    apply: (s, v) => ({
      ...s,
      targetPartitions: v === '' ? undefined : wholeNumber('arbalest.target_partitions', v, 1, partitionsMax),
    }),
    read: (s) => String(s.targetPartitions ?? ''),
  },
  {
    name: 'arbalest.broadcast_threshold_bytes',
    defaultText: '67108864',
    meaning: 'a join side larger than this is not broadcast where it can be repartitioned',
    apply: (s, v) => ({
      ...s,
      broadcastThresholdBytes: wholeNumber('arbalest.broadcast_threshold_bytes', v, 0, Number.MAX_SAFE_INTEGER),
    }),
    read: (s) => String(s.broadcastThresholdBytes),
  },
  {
    name: 'arbalest.adaptive',
    defaultText: 'true',
    meaning: 'whether measured sizes may change the rest of the plan',
    apply: (s, v) => ({ ...s, adaptive: truth('arbalest.adaptive', v) }),
    read: (s) => String(s.adaptive),
  },
  {
    name: 'arbalest.adaptive.finish_locally',
    defaultText: 'true',
    meaning: 'whether what is left over few written rows is computed without exchanges of its own',
    apply: (s, v) => ({ ...s, finishLocally: truth('arbalest.adaptive.finish_locally', v) }),
    read: (s) => String(s.finishLocally),
  },
  {
    name: 'arbalest.cancel_on_disconnect',
    defaultText: 'true',
    meaning: 'whether a job ends when the client that streams it goes away',
    apply: (s, v) => ({ ...s, cancelOnDisconnect: truth('arbalest.cancel_on_disconnect', v) }),
    read: (s) => String(s.cancelOnDisconnect),
  },
  {
    name: 'arbalest.shuffle_compression',
    defaultText: 'auto',
    meaning: 'compression of shuffle files: auto, none, lz4, zstd',
    apply: (s, v) => ({
      ...s,
      shuffleCompression: oneOf('arbalest.shuffle_compression', v, ['auto', 'none', 'lz4', 'zstd'] as const),
    }),
    read: (s) => s.shuffleCompression,
  },
  {
    name: 'arbalest.job_timeout_seconds',
    defaultText: '',
    meaning: 'a job that runs longer is cancelled; empty = no limit',
    apply: (s, v) => ({
      ...s,
      jobTimeoutSeconds: v === '' ? undefined : wholeNumber('arbalest.job_timeout_seconds', v, 1, 31_536_000),
    }),
    read: (s) => String(s.jobTimeoutSeconds ?? ''),
  },
  {
    name: 'arbalest.job_name',
    defaultText: '',
    meaning: 'the name of the jobs of this session in lists',
    apply: (s, v) => ({ ...s, jobName: v === '' ? undefined : v.slice(0, 200) }),
    read: (s) => s.jobName ?? '',
  },
  {
    name: 'arbalest.pool',
    defaultText: '',
    meaning: 'the pool whose share of the slots the jobs of this session use; empty = default',
    apply: (s, v) => ({ ...s, pool: v === '' ? undefined : v.slice(0, 200) }),
    read: (s) => s.pool ?? '',
  },
  {
    name: 'arbalest.job_priority',
    defaultText: '0',
    meaning: 'jobs of a higher priority go before others of their pool: 0 to 100',
    apply: (s, v) => ({ ...s, jobPriority: wholeNumber('arbalest.job_priority', v, 0, 100) }),
    read: (s) => String(s.jobPriority),
  },
  {
    name: 'arbalest.speculation',
    defaultText: 'true',
    meaning: 'whether a task that takes much longer than others of its stage gets a second attempt in a free slot',
    apply: (s, v) => ({ ...s, speculation: truth('arbalest.speculation', v) }),
    read: (s) => String(s.speculation),
  },
  {
    name: 'arbalest.executor_labels',
    defaultText: '',
    meaning: 'jobs run on executors that have all these labels, with commas between them, as long as there are some',
    apply: (s, v) => ({ ...s, executorLabels: v.split(',').map((label) => label.trim()).filter((one) => one !== '') }),
    read: (s) => s.executorLabels.join(','),
  },
]
