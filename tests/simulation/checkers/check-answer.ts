/** A job that succeeds has the one right answer: each part made of one run of each task. */
import { assert, present } from '@arbalest/common'
import type { JobLogRecord } from '@arbalest/scheduler/testing'
import { expectedRows } from '../rows.js'
import type { World } from '../world.js'

export function checkAnswer(world: World, { jobId, parts }: JobLogRecord & { kind: 'job-ended' }): void {
  const job = present(world.jobs.get(jobId), 'the job was submitted here')
  const answer = parts.map(({ attemptId }) => {
    const rows = world.committed.get(attemptId)
    assert(rows !== undefined, `right answer: ${attemptId} was computed`)
    return rows
  })
  const lineage = new Map<string, number>()
  for (const { mixture, lineage: sources } of answer) {
    assert(mixture === undefined, `right answer: ${jobId} has rows of one run of task ${mixture}`)
    for (const [source, run] of sources) {
      const known = lineage.get(source) ?? run
      assert(known === run, `right answer: ${jobId} has rows of one run of task ${source}`)
      lineage.set(source, run)
    }
  }
  const expected = expectedRows(job, lineage)
  assert(expected.length === answer.length, `right answer: ${jobId} has all its parts`)
  expected.forEach(({ values }, part) => {
    const found = present(answer[part], 'there are as many').values
    const isSame = found.size === values.size && [...values].every(([key, value]) => found.get(key) === value)
    assert(isSame, `right answer: part ${part} of ${jobId} has the rows it should have`)
  })
}
