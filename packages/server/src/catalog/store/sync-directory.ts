/** Names in a directory come to the disk. */
import { open } from 'node:fs/promises'

/** After it the names in the directory outlive a crash of the machine. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
