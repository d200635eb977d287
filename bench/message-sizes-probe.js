/**
 * Loaded before everything else into each process of a cluster: on SIGUSR2 it leaves the sizes of the largest
 * messages that the process has sent as a file. The directory comes with this module's address.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { largestMessages } from '@arbalest/protocol'

const directory = new URL(import.meta.url).searchParams.get('directory')
if (directory !== null) {
  process.on('SIGUSR2', () => {
    const file = join(directory, `${process.pid}.json`)
    writeFileSync(`${file}.new`, JSON.stringify(largestMessages()))
    renameSync(`${file}.new`, file)
  })
}
