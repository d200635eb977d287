/** What the cluster looks like to the planner, from what its executors say of themselves. */
import type { ClusterFacts } from './prepared-query.js'

/** The machine an executor runs on: executors of one machine share its cores. */
export interface Machine {
  /** The same for all executors of a machine. */
  readonly id: string
  readonly cores: number
}

export interface ClusterMember {
  readonly slots: number
  readonly threads: number
  readonly machine?: Machine | undefined
}

/** At least one member. Of each machine no more threads count than it has cores. */
export function clusterFactsOf(members: readonly ClusterMember[]): ClusterFacts {
  const machines = new Map<string, { readonly cores: number; threads: number }>()
  let threadsAtOnce = 0
  let alone = 0
  for (const { threads, machine } of members) {
    if (machine === undefined) {
      threadsAtOnce += threads
      alone += 1
      continue
    }
    const known = machines.get(machine.id) ?? { cores: machine.cores, threads: 0 }
    machines.set(machine.id, known)
    known.threads += threads
  }
  for (const { cores, threads } of machines.values()) threadsAtOnce += Math.min(cores, threads)
  return {
    executors: members.length,
    slots: members.reduce((sum, { slots }) => sum + slots, 0),
    threadsPerExecutor: members.reduce((least, { threads }) => Math.min(least, threads), members[0]?.threads ?? 1),
    threadsAtOnce,
    machines: machines.size + alone,
  }
}

/** Whether a plan made for one of them fits the other. */
export const sameCluster = (a: ClusterFacts, b: ClusterFacts): boolean =>
  a.executors === b.executors && a.slots === b.slots && a.threadsPerExecutor === b.threadsPerExecutor &&
  a.threadsAtOnce === b.threadsAtOnce && a.machines === b.machines &&
  (a.partitionsTimes ?? 1) === (b.partitionsTimes ?? 1)
