/** A directory that gets files while queries read it: every answer is that of a moment. */
import { copyFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from '../statements/statement-lab.js'

const rowsPerFile = 1_000
const filesMin = 60
const answersMin = 5

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
})
afterAll(() => lab?.close())

test.each(['always', 'never'])('under %s', async (mode) => {
  await lab.run(`SET arbalest.distribute = ${mode}`)
  const seed = await lab.copy(`SELECT i AS n, i % 10 AS g FROM range(${rowsPerFile}) r(i)`, `grows-${mode}/0.parquet`)
  await lab.run(`CREATE EXTERNAL TABLE grows_${mode} STORED AS PARQUET LOCATION 'grows-${mode}'`)
  let growing = true
  let answers = 0
  let files = 1
  const grow = async () => {
    for (; files < filesMin || answers < answersMin; files++) {
      await copyFile(seed, join(lab.directory, `part-${mode}`))
      await rename(join(lab.directory, `part-${mode}`), join(lab.directory, `grows-${mode}`, `${files}.parquet`))
    }
    growing = false
  }
  const ask = async () => {
    let seen = 0
    while (growing) {
      const [row] = await lab.rows(`SELECT sum(c), max(c) - min(c), count(*)
        FROM (SELECT g, count(*) AS c FROM grows_${mode} GROUP BY g)`)
      const [total, difference, groups] = (row ?? []).map(Number)
      expect([total! % rowsPerFile, difference, groups]).toEqual([0, 0, 10])
      expect(total).toBeGreaterThanOrEqual(seen)
      seen = total!
      answers += 1
    }
  }
  await Promise.all([grow(), ask()])
  expect(await lab.rows(`SELECT count(*) FROM grows_${mode}`)).toEqual([[String(files * rowsPerFile)]])
})
