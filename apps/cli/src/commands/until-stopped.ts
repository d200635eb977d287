/** Runs until a signal asks for the end, or until what runs has ended by itself. */
export interface Stoppable {
  /** Resolves when it has ended by itself. */
  readonly ended?: Promise<string>
  close(): Promise<void>
  /** An orderly end that lets running work finish, for SIGTERM; `close` without it. */
  drain?(): Promise<void>
}

/** Resolves after the orderly end; a second signal ends at once. Sets the exit status. */
export async function untilStopped(running: Stoppable): Promise<void> {
  const signal = new Promise<NodeJS.Signals>((resolve) => {
    process.once('SIGINT', () => resolve('SIGINT'))
    process.once('SIGTERM', () => resolve('SIGTERM'))
  })
  const why = await Promise.race([
    signal.then((name) => ({ kind: 'signal' as const, name })),
    ...(running.ended === undefined ? [] : [running.ended.then((reason) => ({ kind: 'ended' as const, reason }))]),
  ])
  if (why.kind === 'ended') {
    process.stderr.write(`ended: ${why.reason}\n`)
    process.exitCode = 1
    await running.close()
    return
  }
  process.once('SIGINT', () => process.exit(130))
  if (why.name === 'SIGTERM' && running.drain !== undefined) await running.drain()
  else await running.close()
}
