/**
 * Loaded before a process of the cluster: the wall clock that JavaScript sees jumps an hour ahead at SIGUSR2 and
 * an hour back at SIGPWR. What DuckDB and the system see stays.
 */
const { now: trueNow } = Date
const hourMs = 3_600_000
let offsetMs = 0

Date.now = () => trueNow() + offsetMs
globalThis.Date = new Proxy(Date, {
  construct: (target, given) => (given.length === 0 ? new target(target.now()) : new target(...given)),
})
process.on('SIGUSR2', () => { offsetMs += hourMs })
process.on('SIGPWR', () => { offsetMs -= hourMs })
