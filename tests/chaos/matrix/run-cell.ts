/** One cell of the matrix: a statement is hurt while its stage runs, and everything is looked at afterwards. */
import { QueryError } from '@arbalest/common'
import type { Answer } from '../../../bench/oracle/compare-answers.js'
import { expect } from 'vitest'
import type { ChaosCluster } from './chaos-cluster.js'
import type { Fault } from './faults.js'
import { expectJobsEnded, expectNothingLeft } from './leftovers.js'
import { awaitMoment } from './moment.js'
import { makeStatement, type Position, type StatementKind } from './statements.js'

export interface Cell {
  readonly fault: Fault
  readonly position: Position
  readonly kind: StatementKind
}

/** A fault may come too late for what it was meant to meet: the statement is then run once more. */
const triesMax = 4

/** How often it took until the fault was felt. @throws Error when it never was, or anything is not as it must be */
export async function runCell(
  cluster: ChaosCluster,
  cell: Cell,
  expected: Answer,
  isTriedAgain: boolean,
): Promise<number> {
  for (let tries = 1; tries <= triesMax; tries++) {
    if (await isHurt(cluster, cell, expected, isTriedAgain)) return tries
  }
  throw new Error(`the fault was not felt in ${triesMax} statements`)
}

type Outcome = { readonly answer: Answer } | { readonly error: QueryError }

async function isHurt(cluster: ChaosCluster, cell: Cell, expected: Answer, isTriedAgain: boolean): Promise<boolean> {
  const { fault, position, kind } = cell
  const statement = makeStatement(kind, position, cluster.outputDir)
  const session = await cluster.session()
  await statement.prepare(session)
  let isOver = false
  const outcome = (async (): Promise<Outcome> => ({ answer: await (await session.sql(statement.sql)).collectText() }))()
    .catch((error: unknown): Outcome => {
      if (error instanceof QueryError) return { error }
      throw error
    }).finally(() => (isOver = true))
  const moment = await awaitMoment(cluster, position, () => isOver)
  const strike = moment && await fault.strike(cluster, moment)
  const told = await outcome
  const isFelt = moment !== undefined && strike?.felt(await cluster.service().details(moment.jobId)) === true
  await strike?.heal()

  const checker = await cluster.session()
  const effect = await statement.effect(checker, 'answer' in told ? told.answer : undefined, expected)
  const seen = { told: 'error' in told ? told.error.code : 'answered', effect }
  if (isFelt && fault.needsRetries && !isTriedAgain) {
    expect(seen).toEqual({ told: expect.stringMatching(/^[A-Z_]+$/) as string, effect: 'none' })
  } else if ('error' in told && fault.mayCutWriters && kind !== 'select' && isTriedAgain) {
    expect(['whole', 'none']).toContain(effect)
  } else if (isTriedAgain) {
    expect('error' in told ? told.error : undefined).toBeUndefined()
    expect(seen).toEqual({ told: 'answered', effect: 'whole' })
  }
  // Who was cut off does not read the result of its job: it would stay for its time.
  if (fault.mayCutWriters && moment !== undefined) {
    await expectJobsEnded(cluster)
    await cluster.service().releaseResult(moment.jobId)
  }
  await statement.remove(checker)
  await Promise.all([session.close(), checker.close()])
  await expectNothingLeft(cluster)
  return isFelt
}
