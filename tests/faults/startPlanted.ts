import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { type ServerProcess, startServer } from '../harness/startServer.ts'

/** The real server on a data folder, as it is or with one of the controls planted in it. */
export function startMaybePlanted(dataDir: string, control: string | null): Promise<ServerProcess> {
  if (control === null) return startServer(dataDir)
  const plant = pathToFileURL(join(import.meta.dirname, 'plant.ts')).href
  return startServer(dataDir, { FAULT_CONTROL: control, NODE_OPTIONS: `--import=${plant}` })
}
