import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Answer } from '../../src/protocol/sync.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import type { DiskEvent } from './Disk.ts'
import { CannotShow } from './Fault.ts'
import { makeFolder } from './quarter.ts'

/** What a server did, in its true order: its writes, its fsyncs, and the answers that it gave to the network. */
export type ServerEvent = DiskEvent | { kind: 'said'; answers: Answer[] }

const CALLS = 'trace=pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync,ftruncate'
const CALL = /^(\d+) +(\w+)\((\d+)<([^>]*)>(.*)$/
const RESUMED = /^(\d+) +<... (fsync|fdatasync) resumed>/
const ANSWER = /\{"id":"[\w-]+","result":"[^{}]*\}/g
/** An answer may be cut in two by two writes. */
const LONGEST_ANSWER = 200

export interface Trace {
  /** Stops listening and gives everything that was heard about files in `folder` and about answers. */
  end(folder: string): Promise<ServerEvent[]>
}

/**
 * Listens to the system calls of a process. The order is the true one, because SQLite and the network are served by one
 * thread; every written byte is in the log, so that the disk can be rebuilt as it was at any moment.
 *
 * @throws CannotShow where there is no strace or it may not attach
 */
export async function traceServer(pid: number): Promise<Trace> {
  const log = join(makeFolder(), 'calls')
  const args = ['-f', '-y', '-xx', '-s', '100000000', '-e', CALLS, '-e', 'signal=none', '-p', String(pid), '-o', log]
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  tracer.stderr.on('data', (part) => (said += String(part)))
  const ended = new Promise<void>((resolve) => {
    tracer.once('error', (error) => ((said += String(error)), resolve()))
    tracer.once('close', () => resolve())
  })
  await waitUntil(() => /attached|ENOENT|not permitted/.test(said), { what: `strace to attach (${said})` })
  if (!said.includes('attached')) throw new CannotShow(said.trim())
  return {
    async end(folder) {
      tracer.kill('SIGINT')
      await ended
      return readLog(log, folder)
    },
  }
}

async function readLog(log: string, folder: string): Promise<ServerEvent[]> {
  const events: ServerEvent[] = []
  const syncing = new Map<string, string>()
  const tails = new Map<string, string>()
  for await (const line of createInterface({ input: createReadStream(log), crlfDelay: Infinity })) {
    const resumed = RESUMED.exec(line)
    if (resumed) {
      const file = syncing.get(resumed[1]!)
      if (file !== undefined) events.push({ kind: 'sync', file })
      continue
    }
    const call = CALL.exec(line)
    if (!call || / = -1 /.test(line.slice(-60))) continue
    const [, thread, name, , path, rest] = call as unknown as [string, string, string, string, string, string]
    const file = fromHex(path).toString()
    if (/sync$/.test(name)) {
      if (!file.startsWith(`${folder}/`)) continue
      if (rest.includes('unfinished')) syncing.set(thread, file)
      else events.push({ kind: 'sync', file })
    } else if (file.startsWith(`${folder}/`)) {
      events.push(name === 'ftruncate' ? truncation(file, rest) : writing(file, name, rest))
    } else if (/^(socket|TCP)/.test(file)) {
      const text = (tails.get(path) ?? '') + Buffer.concat(quoted(rest)).toString()
      const answers = [...text.matchAll(ANSWER)].map(([json]) => JSON.parse(json) as Answer)
      const lastEnd = text.lastIndexOf('}') + 1
      tails.set(path, text.slice(Math.max(lastEnd, text.length - LONGEST_ANSWER)))
      if (answers.length > 0) events.push({ kind: 'said', answers })
    }
  }
  return events
}

function truncation(file: string, rest: string): DiskEvent {
  return { kind: 'truncate', file, length: Number(/, (\d+)/.exec(rest)?.[1]) }
}

function writing(file: string, name: string, rest: string): DiskEvent {
  if (name !== 'pwrite64') throw new Error(`${basename(file)} was written by ${name}, whose place is not known`)
  const [bytes] = quoted(rest)
  const [, at] = /, \d+, (\d+)(?:\)| <unf)[^"]*$/.exec(rest.slice(rest.lastIndexOf('"'))) ?? []
  if (!bytes || at === undefined) throw new Error(`a write that cannot be read: ${rest.slice(-120)}`)
  return { kind: 'write', file, at: Number(at), bytes }
}

/** Every quoted string of a call, as bytes. */
function quoted(rest: string): Buffer[] {
  const found: Buffer[] = []
  for (let from = rest.indexOf('"'); from >= 0;) {
    const to = rest.indexOf('"', from + 1)
    if (to < 0) break
    found.push(fromHex(rest.slice(from + 1, to)))
    from = rest.indexOf('"', to + 1)
  }
  return found
}

const fromHex = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex')
