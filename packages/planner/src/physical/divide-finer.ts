/**
 * A query that ran out of memory is planned for more tasks with smaller parts: divided whatever it costs, with more
 * partitions, and with fewer tables that every task reads whole.
 */
import { limits } from '@arbalest/common'
import type { ClusterFacts, PreparedQuery } from '@arbalest/plan'

/** The query as it is planned; itself where nothing has gone wrong yet. */
export function divideFiner(
  query: PreparedQuery,
  { executors, partitionsTimes: times = 1 }: ClusterFacts,
): PreparedQuery {
  if (times === 1) return query
  const { settings } = query
  const usual = settings.targetPartitions ?? Math.max(2, executors)
  return {
    ...query,
    settings: {
      ...settings,
      distribute: settings.distribute === 'auto' ? 'always' : settings.distribute,
      targetPartitions: Math.min(limits.partitionsMax, usual * times),
      broadcastThresholdBytes: Math.floor(settings.broadcastThresholdBytes / times),
    },
  }
}
