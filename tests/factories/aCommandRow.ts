/** A command as the server's table keeps it, with nothing in it that anybody would look at. */
export const aCommandRow = (id = 'a') => ({
  id,
  hash: 'h',
  device: 'd',
  member: 'm',
  incarnation: 'i',
  n: 1,
  verb: 'v',
  receivedAt: 1,
  answer: '{}',
})
