/** What it costs to bring the sides of a join together, in broadcast rows. */
import { rowBytes } from './estimate.js'
import type { Fragment } from './fragment.js'
import type { UnfoldContext } from './unfold-context.js'

/** A row to be divided costs as much as so many broadcast rows of its width. */
const repartitionFactor = 2
/** By how much a broadcast must win on estimates before its side is written undivided. */
const clearMargin = 4

/** All rows of a side to every task. */
export const broadcastCost = ({ rows, plan }: Fragment, { tasks }: UnfoldContext): number =>
  rows * (tasks - 1) * (1 + rowBytes(plan) / 64)

/** The rows of a side to the tasks of their keys; nothing where they lie there already. */
export const divideCost = ({ rows, plan }: Fragment, isInPlace: boolean): number =>
  isInPlace ? 0 : rows * repartitionFactor * (1 + rowBytes(plan) / 32)

/** What is written counts as the files are, encoded and packed; before that by the width of its types. */
export const fitsBroadcast = ({ writtenBytes, rows, plan }: Fragment, { settings }: UnfoldContext): boolean =>
  (writtenBytes ?? rows * rowBytes(plan)) <= settings.broadcastThresholdBytes

/** Whether a broadcast wins by so much that estimates are enough to know; `otherwise` is what it saves. */
export const isClearBroadcast = (side: Fragment, otherwise: number, context: UnfoldContext): boolean =>
  fitsBroadcast(side, context) && broadcastCost(side, context) * clearMargin <= otherwise
