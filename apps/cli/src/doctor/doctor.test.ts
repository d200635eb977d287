import { createServer, type RequestListener } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkDataDir, checkDisk, checkMemory } from './check-machine.js'
import { checkCluster, checkPort } from './check-network.js'
import { checkNode } from './check-runtime.js'
import { findingLines } from './finding.js'

test('Node is old enough or fails with what to install', () => {
  const versions = ['20.19.0', '22.1.0', '24.0.0']
  expect(versions.map((version) => checkNode(version).status)).toEqual(['ok', 'ok', 'ok'])
  expect(checkNode('20.18.3')).toMatchObject({ status: 'fail', mend: 'Install Node 20.19 or newer.' })
  expect(checkNode('18.20.0').status).toBe('fail')
})

test('a port is free, held by us, or held by another', async () => {
  const free = await listen(createTcpServer())
  await free.close()
  expect(await checkPort(free.port, 'it')).toMatchObject({ status: 'ok', detail: 'free for it' })
  const ours = await listen(createServer((_, response) => response.end('{"version":"9.9.9"}')))
  expect(await checkPort(ours.port, 'it')).toMatchObject({ detail: 'Arbalest 9.9.9 runs there' })
  const guarded = await listen(createServer((_, response) => {
    response.writeHead(401).end('{"error":{"code":"UNAUTHENTICATED"}}')
  }))
  expect((await checkPort(guarded.port, 'it')).detail).toContain('asks for a token')
  const other = await listen(createServer((_, response) => response.end('<html>')))
  const detail = 'in use by another process'
  expect(await checkPort(other.port, 'it')).toMatchObject({ status: 'warn', detail })
})

test('a cluster answers with its executors, lacks them, wants a token, or is not there', async () => {
  const answering = (status: number, text: string): RequestListener => (request, response) => {
    if (request.url === '/api/version') response.end('{"version":"1"}')
    else response.writeHead(status).end(text)
  }
  const ready = await listen(createServer(answering(200, '2/1 required executors registered')))
  expect(await clusterAt(ready.port)).toMatchObject({ status: 'ok' })
  const empty = await listen(createServer(answering(503, '0/1 required executors registered')))
  expect(await clusterAt(empty.port)).toMatchObject({ status: 'warn', mend: 'Start one with: arbalest executor' })
  const guarded = await listen(createServer((_, response) => response.writeHead(401).end('{}')))
  expect(await clusterAt(guarded.port)).toMatchObject({ detail: 'df://x asks for a token' })
  await guarded.close()
  expect((await clusterAt(guarded.port)).detail).toContain('does not answer')
})

test('memory, disk and data directories are judged', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'arbalest-doctor-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'file')
  writeFileSync(file, '')
  const sizes = [2 ** 28, 2 ** 30, 2 ** 33]
  expect(sizes.map((bytes) => checkMemory(bytes).status)).toEqual(['fail', 'warn', 'ok'])
  expect((await checkDisk(join(dir, 'work'))).detail).toContain(`free in ${dir}`)
  expect(await checkDisk(join(file, 'work'))).toMatchObject({ status: 'fail' })
  expect(await checkDataDir(dir)).toMatchObject({ status: 'ok' })
  expect(await checkDataDir(file)).toMatchObject({ status: 'fail', detail: `${file} is not a directory` })
  expect(await checkDataDir(join(dir, 'none'))).toMatchObject({ status: 'fail' })
})

test('findings are lines with what to do below', () => {
  const lines = findingLines([
    { name: 'Node', status: 'ok', detail: '24' },
    { name: 'port 1', status: 'fail', detail: 'taken', mend: 'Choose another.' },
  ])
  expect(lines).toBe('ok    Node    24\nFAIL  port 1  taken\n              Choose another.\n')
})

const clusterAt = (port: number) => checkCluster({ host: '127.0.0.1', port }, 'df://x')

async function listen(server: Server) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()))
  onTestFinished(close)
  return { port: (server.address() as AddressInfo).port, close }
}
