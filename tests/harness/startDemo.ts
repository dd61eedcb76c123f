import { spawn } from 'node:child_process'
import path from 'node:path'
import { waitUntil } from './waitUntil.ts'

const project = path.resolve(import.meta.dirname, '../..')

/** One-time links by role, as `npm run demo -- --json` prints them; a role that does not exist yet is null. */
export interface DemoGreeting {
  url: string
  signIn: { member: string; member2: string; leader: string; officer: string; overseer: null }
}

export interface DemoProcess extends DemoGreeting {
  /** Everything that the process wrote to standard output so far. */
  stdout(): string
  stderr(): string
  /** Ends it as Ctrl+C would; the demonstration removes its own folder. */
  stop(): Promise<void>
}

/**
 * The demonstration in a process of its own, on a port that is free, as a foreign automated client would start it.
 *
 * @param tmp where it makes its temporary folder; the system's place, unless told
 */
export async function startDemo(tmp?: string): Promise<DemoProcess> {
  const script = path.join(project, 'sync-server', 'operator', 'demo.ts')
  const args = ['--disable-warning=ExperimentalWarning', script, '--json', '--port', '0']
  const env = tmp === undefined ? process.env : { ...process.env, TMPDIR: tmp }
  const child = spawn(process.execPath, args, { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  let hasEnded = false
  child.stdout.on('data', (part) => (stdout += String(part)))
  child.stderr.on('data', (part) => (stderr += String(part)))
  const exited = new Promise<void>((resolve) =>
    child.once('exit', () => {
      hasEnded = true
      resolve()
    }),
  )
  // Whoever started it may fail half way: nothing is left behind.
  process.once('exit', () => child.kill())
  await waitUntil(() => stdout.includes('\n') || hasEnded, { withinMs: 60_000, what: 'the demonstration to greet' })
  if (hasEnded) throw new Error(`the demonstration ended before it was ready: ${stderr}`)
  return {
    ...(JSON.parse(stdout) as DemoGreeting),
    stdout: () => stdout,
    stderr: () => stderr,
    async stop() {
      child.kill('SIGINT')
      await exited
    },
  }
}
