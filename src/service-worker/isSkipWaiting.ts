/**
 * Whether a message is the only one that the worker obeys: exactly `{ type: 'SKIP_WAITING' }`, sent by a page of ours.
 * Anything else, a forged "wipe" among it, is ignored without an answer.
 */
export function isSkipWaiting(message: Pick<MessageEvent<unknown>, 'data' | 'origin'>, ownOrigin: string): boolean {
  const { data, origin } = message
  if (origin !== ownOrigin || typeof data !== 'object' || data === null) return false
  return Object.keys(data).length === 1 && 'type' in data && data.type === 'SKIP_WAITING'
}
