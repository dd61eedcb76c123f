import { mkdirSync, writeFileSync } from 'node:fs'
import type { CDPSession } from 'playwright'

/** Tasks with their times, and twice in a millisecond what the page was doing. */
const CATEGORIES = ['toplevel', 'devtools.timeline', 'v8', 'disabled-by-default-v8.cpu_profiler']

/** Runs `work` under the browser's own tracing, and writes what DevTools' performance panel opens. */
export async function traced<T>(protocol: CDPSession, name: string, work: () => Promise<T>): Promise<T> {
  const events: unknown[] = []
  protocol.on('Tracing.dataCollected', ({ value }) => events.push(...value))
  await protocol.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { recordMode: 'recordAsMuchAsPossible', includedCategories: CATEGORIES },
  })
  const result = await work()
  const complete = new Promise<void>((resolve) => protocol.once('Tracing.tracingComplete', () => resolve()))
  await protocol.send('Tracing.end')
  await complete
  mkdirSync('.cache/profiles', { recursive: true })
  writeFileSync(`.cache/profiles/${name}.json`, JSON.stringify({ traceEvents: events }))
  return result
}
