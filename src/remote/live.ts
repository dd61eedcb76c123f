/**
 * Listens for pokes, the only EventSource of this app. A poke is a hint without content: losing one is harmless, because
 * phones ask by themselves once a minute.
 *
 * @returns how to stop
 */
export function listen(onPoke: () => void): () => void {
  if (typeof EventSource !== 'function') return () => {}
  const source = new EventSource('/api/live')
  source.addEventListener('poke', onPoke)
  return () => source.close()
}
