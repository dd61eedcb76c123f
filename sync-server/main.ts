import { fileURLToPath } from 'node:url'
import { isSetUp } from './routes/ready.ts'
import { readSettings } from './settings.ts'
import { createContext, firstCommunity, makeEntryLink, SETUP_LINK_MINUTES, startServer } from './start.ts'

/** Entry point of `npm start`: one port for the app and the API, and the first officer's link while there is none. */
try {
  const settings = readSettings(process.env)
  const context = await createContext(settings)
  const community = await firstCommunity(context)
  const running = await startServer(settings, context, fileURLToPath(new URL('../dist', import.meta.url)))
  process.stdout.write(`Qiaomen is ready: ${running.url}\n`)
  if (!(await isSetUp(context))) {
    const secret = await makeEntryLink(context, community, { role: 'officer' })
    process.stdout.write(
      `Set up the first officer (once, ${SETUP_LINK_MINUTES} minutes): ${running.url}/enter#${secret}\n`,
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void running.close().then(() => process.exit(0)))
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
