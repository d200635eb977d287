/**
 * What must hold before LMDB maps a file into memory: a disk of this machine, and a file as long as it says.
 * Reading a page behind the end of a mapped file would end the process.
 */
import { open, statfs } from 'node:fs/promises'
import { queryError } from '@arbalest/common'

/** Numbers of Linux. A memory map of a file that other machines change is not coherent, and locks may lie. */
const networkDisks = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x01021997, '9P'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x47504653, 'GPFS'],
])

/** @throws QueryError INVALID_OPTION */
export async function refuseNetworkDisk(directory: string): Promise<void> {
  const { type } = await statfs(directory)
  const name = networkDisks.get(type >>> 0)
  if (name === undefined) return
  const reason = `${directory} lies on a network disk (${name}); the log of jobs needs one of this machine`
  throw queryError('INVALID_OPTION', { option: '--state-dir', reason })
}

/** The two pages that a file begins with tell its root in turn: where in each what is. */
const meta = { magic: 24, pageSize: 48, lastPage: 144, transaction: 152, bytes: 160 } as const
const magicNumber = 0xbeefc0de

const transactionOf = (page: Buffer): bigint => page.readBigUInt64LE(meta.transaction)

/** A file that is missing or empty is made anew. @throws QueryError STATE_DAMAGED */
export async function checkFile(path: string): Promise<void> {
  const file = await open(path, 'r').catch(() => undefined)
  if (file === undefined) return
  try {
    const { size } = await file.stat()
    if (size === 0) return
    const read = async (position: number): Promise<Buffer> => {
      const bytes = Buffer.alloc(meta.bytes)
      await file.read(bytes, 0, meta.bytes, position)
      return bytes
    }
    const first = await read(0)
    const pages = [first, await read(first.readUInt32LE(meta.pageSize))]
    if (pages.some((page) => page.readUInt32LE(meta.magic) !== magicNumber)) {
      throw queryError('STATE_DAMAGED', { path, reason: 'it does not begin as it should' })
    }
    const newest = pages.reduce((a, b) => (transactionOf(a) < transactionOf(b) ? b : a))
    const lastPage = Number(newest.readBigUInt64LE(meta.lastPage))
    const bytes = (lastPage + 1) * first.readUInt32LE(meta.pageSize)
    if (size < bytes) {
      throw queryError('STATE_DAMAGED', { path, reason: `it has ${size} of ${bytes} bytes` })
    }
  } finally {
    await file.close()
  }
}
