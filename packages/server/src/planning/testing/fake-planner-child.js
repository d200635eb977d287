/**
 * Stands in for the planner child: does what the text of a statement says, and remembers what it was taught.
 * `ARBALEST_…` variables must not reach it.
 */
const taught = []

process.on('disconnect', () => process.exit(0))
process.on('message', ({ id, method, args }) => {
  const answer = (value) => process.send({ id, ok: true, value })
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
    return process.send({ id, ok: false, error })
  }
  return answer(text)
})
