/** Which paths a user's tables may lie under: symbolic links are followed before the answer. */
import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { queryError } from '@arbalest/common'
import { hasCode } from './footer-cache.js'

export class DataDirectories {
  readonly #roots: readonly string[] | undefined

  private constructor(roots: readonly string[] | undefined) {
    this.#roots = roots
  }

  /** `undefined` = every path is allowed. */
  static async of(directories: readonly string[] | undefined): Promise<DataDirectories> {
    return new DataDirectories(directories === undefined ? undefined : await realPaths(directories))
  }

  /** Whether links may lead outside at all, so that they have to be followed. */
  get fenced(): boolean {
    return this.#roots !== undefined
  }

  /** @throws QueryError PATH_NOT_ALLOWED, the same whether or not the path exists. */
  async check(location: string): Promise<void> {
    if (this.#roots === undefined) return
    const real = await realPathOfNearest(location)
    if (!this.#roots.some((root) => isInside(real, root))) {
      throw queryError('PATH_NOT_ALLOWED', { path: location })
    }
  }
}

/** Directories as they are without symbolic links; those that do not exist stay as they are. */
export const realPaths = (directories: readonly string[]): Promise<readonly string[]> =>
  Promise.all(directories.map((directory) => realPathOfNearest(path.resolve(directory))))

/** The real path; where the end of the path does not exist, of the part that does. */
async function realPathOfNearest(location: string): Promise<string> {
  try {
    return await realpath(location)
  } catch (error) {
    const parent = path.dirname(location)
    if (!hasCode(error, 'ENOENT', 'ENOTDIR') || parent === location) return location
    return path.join(await realPathOfNearest(parent), path.basename(location))
  }
}

function isInside(location: string, root: string): boolean {
  const relative = path.relative(root, location)
  return relative === '' || (!path.isAbsolute(relative) && relative !== '..' && !relative.startsWith(`..${path.sep}`))
}
