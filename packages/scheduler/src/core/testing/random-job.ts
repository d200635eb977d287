/** Jobs of random shape: some stages, who reads whom and how, published in one or several steps. */
import type { StageSpec } from '@arbalest/plan'
import type { Random } from './random.js'
import { type StageShape, stageSpec } from './specs.js'

/** The stages of a job by the planner's steps; the last stage is the result. */
export function randomSteps(random: Random): readonly (readonly StageSpec[])[] {
  const count = 1 + random.below(5)
  const shapes: StageShape[] = []
  for (let id = 1; id <= count; id++) shapes.push(randomShape(random, id, id === count, shapes))
  const steps: StageSpec[][] = [[]]
  for (const shape of shapes) {
    const open = steps.at(-1)
    if (open && (open.length === 0 || random.chance(0.6))) open.push(stageSpec(shape))
    else steps.push([stageSpec(shape)])
  }
  return steps
}

function randomShape(
  random: Random,
  id: number,
  isLast: boolean,
  earlier: readonly StageShape[],
): StageShape {
  const tasks = 1 + random.below(4)
  const producers = earlier.filter((shape, index) => (isLast && index === 0) || random.chance(0.5))
  const reads = producers.map((producer) => {
    const modes: ('partition' | 'task' | 'all')[] = ['all']
    if (producer.tasks === tasks) modes.push('task')
    if (producer.output === 8) modes.push('partition')
    return { stage: producer.id, mode: random.pick(modes) }
  })
  return {
    id,
    tasks,
    reads,
    ...(reads.length === 0 ? { scan: 'split' } : {}),
    ...(isLast ? { output: 'result' } : random.chance(0.7) ? { output: 8, isMarked: random.chance(0.5) } : {}),
    indeterminate: random.chance(0.2),
  }
}
