/** Pairs of event and state that cannot meet, each with the reason. */
export const unreachable: ReadonlyMap<string, string> = new Map([
  ...pairs('only a job that has succeeded keeps a result', [
    'retention × job queued', 'retention × job planning', 'retention × job running',
  ]),
  ...pairs('a runner tells of attempts that were started, step by step, and once', [
    'fetched × phase unknown', 'fetched × phase received', 'fetched × phase running', 'fetched × phase committing',
    'computed × phase unknown', 'computed × phase received', 'computed × phase fetching',
    'computed × phase committing', 'committed × phase unknown', 'committed × phase received',
    'committed × phase fetching', 'committed × phase running', 'stopped × phase received',
  ]),
  ...pairs('a stream is opened when the last one has ended, and registered once', [
    'stream-opened × held stream attached', 'registered × held stream attached',
    'stream-opened × held stream closed', 'registered × held stream closed',
  ]),
  ...pairs('not even a liar claims the success of what he may be given next', [
    'succeeded × attempt waiting', 'succeeded × attempt backing off',
  ]),
  ...pairs('its time begins with the draining', [
    'drain-expired × process idle', 'drain-expired × process busy',
  ]),
])

function pairs(reason: string, names: readonly string[]): readonly (readonly [string, string])[] {
  return names.map((name) => [name, reason])
}
