import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ServerProcess, startServer } from '../harness/startServer.ts'

/** The environment of a server in which a control is planted. */
export function plantedEnv(control: string): Record<string, string> {
  const plant = pathToFileURL(join(import.meta.dirname, 'plant.ts')).href
  return { FAULT_CONTROL: control, NODE_OPTIONS: `--import=${plant}` }
}

/** The real server on a data folder, as it is or with one of the controls planted in it. */
export function startMaybePlanted(dataDir: string, control: string | null): Promise<ServerProcess> {
  return startServer(dataDir, control === null ? {} : plantedEnv(control))
}
