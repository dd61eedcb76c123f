import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { waitUntil } from './waitUntil.ts'

/**
 * Counts how often a process asks the disk to really keep something while `work` runs. A kill cannot tell strict from
 * relaxed durability, because the kernel keeps what was written; the calls to fsync and fdatasync can.
 *
 * @param pid of the browser's main process
 * @param within only files whose path has this in it are counted, so that the browser's own history stays out
 */
export async function countSyncs(pid: number, work: () => Promise<unknown>, within = ''): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'strace-'))
  const log = path.join(folder, 'log')
  const args = ['-f', '-y', '-s', '512', '-p', String(pid), '-e', 'trace=fsync,fdatasync', '-o', log]
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  tracer.stderr.on('data', (part) => (said += String(part)))
  const ended = new Promise((resolve) => tracer.once('close', resolve))
  await waitUntil(() => /attached/.test(said), { what: `strace to attach (${said})` })
  try {
    await work()
  } finally {
    tracer.kill('SIGINT')
    await ended
  }
  const calls = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => /\b(fsync|fdatasync)\(/.test(line) && line.includes(within))
  rmSync(folder, { recursive: true, force: true })
  return calls.length
}
