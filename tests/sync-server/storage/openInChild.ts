import { openStorage, type StorageOptions } from '../../../sync-server/storage/openStorage.ts'

/*
 * Opens a storage as a process of its own: says how that went in one line, and stays until it is killed. With `killAt`
 * it kills itself before that statement, as a crash in the middle of a migration would.
 */
const { killAt, ...options } = JSON.parse(process.argv[2] ?? '{}') as StorageOptions & { killAt?: number }

let statements = 0
function log(): void {
  if (++statements === killAt) process.kill(process.pid, 'SIGKILL')
}

try {
  await openStorage({ ...options, log })
  process.stdout.write('open\n')
  setInterval(() => {}, 60_000)
} catch (error) {
  process.stdout.write(`${(error as { code?: string }).code}\n`)
}
