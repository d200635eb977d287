import { sameType } from '@arbalest/common'
import type { Project } from '@arbalest/plan'
import type { Rule } from '../rule.js'

/**
 * A projection that gives every column of its input in its place does nothing. One that gives only
 * some of them, or in another order, stays: without it, columns would have to be renumbered.
 *
 *   Project c0, c1      ->   t(c0, c1)
 *     t(c0, c1)
 */
export const dropIdentityProjection: Rule<'project'> = {
  name: 'drop-identity-projection',
  on: 'project',
  apply(project) {
    if (!isIdentity(project)) return project
    return { ...project.input, live: project.live }
  },
}

function isIdentity({ exprs, input, types, live }: Project): boolean {
  if (exprs.length !== input.types.length) return false
  if (!live.every((index) => input.live.includes(index))) return false
  return exprs.every((expr, index) => {
    const [before, after] = [input.types[index], types[index]]
    if (expr.kind !== 'column' || expr.index !== index) return false
    return before !== undefined && after !== undefined && sameType(before, after)
  })
}
