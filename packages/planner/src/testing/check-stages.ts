/** What must hold for the published stages of any job; for tests. */
import { typeToSql } from '@arbalest/common'
import type { ScanInput, ShuffleInput, SourceFile, StageSpec, TaskSplit } from '@arbalest/plan'

/** `stages` in the order of their publication, all of one job. @throws Error naming the stage and what is wrong */
export function checkStages(stages: readonly StageSpec[]): void {
  const known = new Map<number, StageSpec>()
  let last = 0
  for (const stage of stages) {
    const fail = failOf(stage)
    if (stage.stageId <= last) fail(`its id follows ${last}`)
    if ([...known.values()].some(({ key }) => key === stage.key)) fail('its key was published before')
    checkTasks(stage)
    checkSql(stage)
    for (const input of stage.inputs) {
      if (input.kind === 'scan') checkScan(stage, input)
      else checkShuffle(stage, input, known)
    }
    last = stage.stageId
    known.set(stage.stageId, stage)
  }
}

const failOf = (stage: StageSpec) => (problem: string): never => {
  throw new Error(`stage ${stage.stageId} (${stage.key}): ${problem}\n${stage.sql}`)
}

/** Tasks are numbered, every partition belongs to one of them, and the first one has partition 0. */
function checkTasks(stage: StageSpec): void {
  const fail = failOf(stage)
  if (stage.tasks.length === 0) fail('it has no tasks')
  stage.tasks.forEach(({ task, partitions }, index) => {
    if (task !== index) fail(`task ${index} is numbered ${task}`)
    if (partitions.length === 0) fail(`task ${task} has no partition`)
    if (partitions.some((partition, at) => partition <= (partitions[at - 1] ?? -1))) {
      fail(`task ${task} takes partitions ${partitions.join()}`)
    }
  })
  if (stage.tasks[0]?.partitions[0] !== 0) fail('task 0 has no partition 0')
  const all = stage.tasks.flatMap((task) => task.partitions).sort((a, b) => a - b)
  if (all.some((partition, index) => partition !== index)) fail(`its tasks take partitions ${all.join()}`)
}

/** The text names all inputs and no others; a hash output ends with its partition. */
function checkSql(stage: StageSpec): void {
  const fail = failOf(stage)
  const used = new Set(stage.sql.match(/\b(?:arbalest_)?input_\d+\b/g))
  const given = stage.inputs.map(({ name }) => name)
  if (new Set(given).size !== given.length) fail('two inputs share a name')
  for (const name of used) if (!given.includes(name)) fail(`${name} is no input`)
  for (const name of given) if (!used.has(name)) fail(`${name} is not used`)
  if (stage.output.kind === 'hash' && !stage.sql.includes(' AS __p')) fail('its output has no __p')
}

/** Every row of a divided scan belongs to one task, in file order; a whole scan has no shares. */
function checkScan(stage: StageSpec, input: ScanInput): void {
  const fail = failOf(stage)
  const shares = stage.tasks.flatMap((task) => task.splits[input.name] ?? [])
  if (input.mode === 'all') {
    if (shares.length > 0) fail(`${input.name} is read whole, yet has shares`)
    return
  }
  input.files.forEach((file, index) => {
    const wrong = wrongCover(file, shares.filter((split) => split.file === index))
    if (wrong !== undefined) fail(`file ${index} of ${input.name} ${wrong}`)
  })
  if (input.isByBucket === true) return checkBuckets(stage, input)
  const files = shares.map((split) => split.file)
  if (files.some((file, index) => file < (files[index - 1] ?? 0))) fail(`${input.name} is not in file order`)
}

/** Each file lies with the task of its bucket's partition. */
function checkBuckets(stage: StageSpec, { name, files }: ScanInput): void {
  const count = stage.tasks.flatMap((task) => task.partitions).length
  for (const { partitions, splits } of stage.tasks) {
    for (const { file } of splits[name] ?? []) {
      const bucket = files[file]?.bucket ?? NaN
      if (!partitions.includes(bucket % count)) failOf(stage)(`bucket ${bucket} of ${name} is in another task`)
    }
  }
}

function wrongCover(file: SourceFile, shares: readonly TaskSplit[]): string | undefined {
  const pieces = mergeKept(shares)
  if (pieces.length === 1 && pieces[0]?.range === undefined) return undefined
  if (pieces.length === 0) return file.rows === 0 ? undefined : 'is read by no task'
  let next = 0
  for (const { range } of pieces) {
    if (range === undefined) return 'is read whole and in pieces'
    if (range.firstRow !== next || range.rows <= 0) return `has a piece at ${range.firstRow}, not at ${next}`
    next += range.rows
  }
  return next === file.rows ? undefined : `ends at ${next}, not at ${file.rows}`
}

/** Pieces of which each task takes other values are one, when all values are taken once. */
function mergeKept(shares: readonly TaskSplit[]): readonly TaskSplit[] {
  const merged: TaskSplit[] = []
  const inOrder = shares.toSorted((a, b) =>
    (a.range?.firstRow ?? 0) - (b.range?.firstRow ?? 0) || (a.kept?.from ?? -Infinity) - (b.kept?.from ?? -Infinity))
  let open: number | undefined
  for (const split of inOrder) {
    const from = split.kept?.from
    if (from !== open) throw new Error(`a piece begins at ${from}, the one before ends at ${open}`)
    if (open === undefined) merged.push(split)
    open = split.kept?.below
  }
  if (open !== undefined) throw new Error(`no piece begins at ${open}`)
  return merged
}

/** The producer came before, has the columns, and lies as the reader takes it. */
function checkShuffle(stage: StageSpec, input: ShuffleInput, known: ReadonlyMap<number, StageSpec>): void {
  const fail = failOf(stage)
  const producer = known.get(input.stageId) ?? fail(`${input.name} reads stage ${input.stageId}, which is none before`)
  if (producer.output.kind === 'result') fail(`${input.name} reads a result`)
  const written = new Map(producer.columns.map(({ name, type }) => [name, typeToSql(type)]))
  for (const { name, type } of input.columns) {
    const wanted = typeToSql(type)
    if (written.get(name) !== wanted) fail(`${input.name} wants ${name} ${wanted}, written is ${written.get(name)}`)
  }
  if (input.mode === 'partition') {
    if (producer.output.kind !== 'hash') return fail(`${input.name} reads partitions of an undivided output`)
    const taken = stage.tasks.flatMap((task) => task.partitions).length
    if (taken !== producer.output.partitions) fail(`${taken} of ${producer.output.partitions} partitions are read`)
  }
  if (input.mode === 'task' && partitionsOf(producer) !== partitionsOf(stage)) {
    fail(`its tasks (${partitionsOf(stage)}) go on from others (${partitionsOf(producer)})`)
  }
}

/** Partitions by task. A stage that goes on task by task takes the rows that lie in the same ones. */
const partitionsOf = (stage: StageSpec): string => stage.tasks.map((task) => task.partitions.join()).join(' | ')
