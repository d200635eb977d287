/**
 * Partitions to tasks by what lies in them: the heaviest first, each to the task that has least. A few
 * heavy partitions then get tasks of their own, and the light ones fill up the others.
 */
import { assert, present } from '@arbalest/common'

/**
 * Partitions of each task in ascending order, every partition once, no task without one. Task 0 has
 * partition 0. The same weights always give the same tasks.
 */
export function dealPartitions(weights: readonly number[], tasks: number): readonly (readonly number[])[] {
  assert(weights.length >= tasks, 'every task has a partition')
  const hands = Array.from({ length: tasks }, () => ({ weight: 0, partitions: [] as number[] }))
  const heaviestFirst = [...weights.keys()].sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b)
  for (const [dealt, partition] of heaviestFirst.entries()) {
    // Whatever the weights, the first partitions go to tasks that have none.
    const open = dealt < tasks ? hands.filter((hand) => hand.partitions.length === 0) : hands
    const least = open.reduce((best, hand) =>
      hand.weight < best.weight ||
      (hand.weight === best.weight && hand.partitions.length < best.partitions.length) ? hand : best)
    least.weight += weights[partition] ?? 0
    least.partitions.push(partition)
  }
  return hands
    .map(({ partitions }) => partitions.sort((a, b) => a - b))
    .sort((a, b) => present(a[0], 'no hand is empty') - present(b[0], 'no hand is empty'))
}

/**
 * Neighbouring partitions to each task, about evenly by weight: a task ends where it comes nearest to its
 * share of the whole.
 */
export function dealNeighbours(weights: readonly number[], tasks: number): readonly (readonly number[])[] {
  assert(weights.length >= tasks, 'every task has a partition')
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const ends: number[] = []
  let dealt = 0
  let next = 0
  for (let task = 1; task < tasks; task++) {
    const wanted = (total * task) / tasks
    // Each task before has one at least, each after it is left one.
    const last = weights.length - (tasks - task)
    do dealt += weights[next++] ?? 0
    while (next < last && dealt + (weights[next] ?? 0) / 2 <= wanted)
    ends.push(next)
  }
  return [0, ...ends].map((from, task) => range(from, ends[task] ?? weights.length))
}

/** Neighbouring partitions to each task, evenly by number. */
export const dealEvenly = (partitions: number, tasks: number): readonly (readonly number[])[] => {
  assert(partitions >= tasks, 'every task has a partition')
  const from = (task: number) => Math.floor((task * partitions) / tasks)
  return Array.from({ length: tasks }, (_, task) => range(from(task), from(task + 1)))
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)
