import { ensureBrowser } from '../../scripts/ensureBrowser.js'
import { ensureBuilt } from '../../scripts/launcher/ensureBuilt.js'

/** Runs once before the browser journeys: they drive the production build in a real Chromium. */
export default async function setup(): Promise<void> {
  await ensureBrowser()
  await ensureBuilt()
}
