/**
 * Stands in for the planner child: does what the text of a statement says, and remembers what it was taught.
 * `ARBALEST_…` variables must not reach it.
 */
import { deserialize, serialize } from 'node:v8'

const taught = []
/** Each of its messages is one piece. */
const send = (reply) => process.send({ bytes: serialize(reply), more: false })

process.on('disconnect', () => process.exit(0))
process.on('message', ({ bytes }) => {
  const { id, method, args } = deserialize(bytes)
  const answer = (value) => send({ id, ok: true, value })
  if (method === 'putTable') taught.push(`table ${args[0].name.name}`)
  if (method === 'putView') taught.push(`view ${args[0].name}`)
  if (method !== 'references') return answer(undefined)
  const [text] = args
  if (text === 'crash') process.exit(3)
  if (text === 'hang') return undefined
  if (text === 'taught') return answer(taught)
  if (text === 'names') return answer(Object.keys(process.env).filter((name) => name.startsWith('ARBALEST_')))
  if (text === 'fail') {
    const error = { code: 'SYNTAX_ERROR', message: 'wrong', fields: { reason: 'wrong' }, position: 4 }
    return send({ id, ok: false, error })
  }
  return answer(text)
})
