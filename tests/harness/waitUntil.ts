const pollMs = 20

/**
 * Waits for a thing itself instead of for a guessed time: asks again and again until the answer is truthy.
 *
 * @param ask is called every 20 ms; an exception counts as "not yet"
 * @param options.withinMs after which the last answer or exception becomes the failure, 10 s unless told
 * @param options.what for the message
 */
export async function waitUntil<T>(
  ask: () => T | Promise<T>,
  { withinMs = 10_000, what = 'the condition' }: { withinMs?: number; what?: string } = {},
): Promise<T> {
  const deadline = performance.now() + withinMs
  let last: unknown
  do {
    try {
      const answer = await ask()
      if (answer) return answer
      last = answer
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  } while (performance.now() < deadline)
  throw new Error(`${what} did not come true within ${withinMs} ms; last answer: ${String(last)}`)
}
