import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'

const project = path.resolve(import.meta.dirname, '../..')

/** Servers that would outlive a test that ends in the middle. */
const running = new Set<ChildProcess>()
const endAll = () => running.forEach((child) => child.kill('SIGKILL'))

export interface ServerProcess {
  url: string
  /** The first officer's one-time link; undefined once there is an officer. */
  setUpLink: string | undefined
  dataDir: string
  pid: number
  /** Ends the process as a supervisor would, or at once with SIGKILL; the data folder stays. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/**
 * The real server in a process of its own, on a port that is free, as `npm start` runs it after building.
 *
 * @param dataDir to start again on the same data; a fresh folder that goes when the tests end, unless told
 */
export async function startServer(dataDir?: string, env: Record<string, string> = {}): Promise<ServerProcess> {
  const folder = dataDir ?? (await mkdtemp(path.join(tmpdir(), 'qiaomen-')))
  if (dataDir === undefined) process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const args = ['--disable-warning=ExperimentalWarning', path.join(project, 'sync-server', 'main.ts')]
  const child = spawn(process.execPath, args, {
    cwd: project,
    env: { ...process.env, PORT: '0', DATA_DIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  process.removeListener('exit', endAll).once('exit', endAll)
  running.add(child)
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      running.delete(child)
      resolve()
    })
  })
  const { url, setUpLink } = await readGreeting(child)
  child.stdout.resume()
  return {
    url,
    setUpLink,
    dataDir: folder,
    pid: child.pid ?? 0,
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      await exited
    },
  }
}

/** Waits until the server has said where it listens and, if it has no officer, how to make one. */
async function readGreeting(child: ReturnType<typeof spawn>): Promise<{ url: string; setUpLink: string | undefined }> {
  if (!child.stdout || !child.stderr) throw new Error('the server needs its streams')
  let errors = ''
  child.stderr.on('data', (part) => (errors += String(part)))
  let url: string | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /https?:\/\/\S+/.exec(line)?.[0]
    if (address === undefined) continue
    if (!address.includes('#')) url = address
    else if (url !== undefined) return { url, setUpLink: address }
    if (url !== undefined && (await hasOfficer(url))) return { url, setUpLink: undefined }
  }
  throw new Error(`the server ended before it was ready: ${errors}`)
}

async function hasOfficer(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/api/me`)
  return !(await answer.text()).includes('setup_required')
}
