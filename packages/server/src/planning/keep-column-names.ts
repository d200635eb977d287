/** Columns named after their own text keep that name when the tables in the text are renamed. */
import type { PlanningInstance } from '@arbalest/engine'
import { columnNameJsons, withColumnNames, type SyntaxTree } from '@arbalest/planner'

export async function keepColumnNames(instance: PlanningInstance, tree: SyntaxTree): Promise<SyntaxTree> {
  const texts: string[] = []
  for (const json of columnNameJsons(tree)) texts.push(await instance.deserializeTree(json))
  return withColumnNames(tree, texts)
}
