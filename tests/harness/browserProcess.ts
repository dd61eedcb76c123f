import { readFileSync, readdirSync } from 'node:fs'
import { waitUntil } from './waitUntil.ts'

/**
 * The main process of the browser that has a profile open: the one that writes IndexedDB and holds its files. Linux only,
 * because it reads /proc.
 *
 * @param profile the folder given to `launchPhone`
 */
export function browserPid(profile: string): number {
  const flag = `--user-data-dir=${profile}`
  const pid = pids().find((candidate) => {
    const args = commandLine(candidate)
    return args.includes(flag) && !args.some((arg) => arg.startsWith('--type='))
  })
  if (pid === undefined) throw new Error(`no browser has ${profile} open`)
  return pid
}

/** As if the battery fell out: the whole browser is gone without a chance to write anything more. */
export async function killBrowser(profile: string, pid = browserPid(profile)): Promise<void> {
  const flag = `--user-data-dir=${profile}`
  process.kill(pid, 'SIGKILL')
  // Its children notice by themselves; the profile may be opened again only when all of them are gone.
  await waitUntil(() => !pids().some((pid) => commandLine(pid).includes(flag)), { what: 'the browser to be gone' })
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    // It ended between being listed and being looked at.
    return []
  }
}
