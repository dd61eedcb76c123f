import type { Diagnostics } from '../../db/exportUnsent.ts'
import { here } from '../../db/here.ts'
import { recentProblems } from '../../db/recentProblems.ts'
import { useSyncStatus } from '../../sync/status.ts'

/**
 * What a person may attach for whoever looks for a fault: versions, counts, times and codes. Nothing of what was saved is
 * in it, and no id of anything; a name of a command is a word of the app's, not of the person's.
 */
export async function readDiagnostics(): Promise<Diagnostics> {
  const { database, seam } = here()
  const entries = await database.outbox.toArray()
  const phone = await database.phone.get('phone')
  const said: Diagnostics = {
    'app.version': import.meta.env.VITE_APP_VERSION ?? '0.1.0',
    'app.schema': database.verno,
    'app.browser': navigator.userAgent.slice(0, 300),
    'phone.at': tellTime(seam.clock.now()),
    'phone.ahead-ms': phone?.offsetMs ?? null,
    'phone.device': phone?.device ?? null,
    'phone.alarm': phone?.alarm ?? null,
    'sync.epoch': phone?.epoch ?? null,
    'sync.membership': phone?.membership ?? null,
    'sync.download': phone?.generation ?? null,
    'sync.complete': phone?.complete ? 1 : 0,
    'sync.last': tellTime(phone?.syncedAt ?? null),
    'sync.reach': useSyncStatus().reach,
    'sync.problems': recentProblems().join(' '),
    'rows.records': await database.records.count(),
    'rows.carried': await database.carried.count(),
    ...(await readStorage()),
  }
  for (const { state, verb, code, until } of entries) {
    count(said, `state.${state}`)
    count(said, `verb.${verb}`)
    if (code) count(said, `code.${code}`)
    if (until) count(said, `held.${until}`)
  }
  return said
}

const tellTime = (at: number | null) => (at === null ? null : new Date(at).toISOString())

/** Only what the file's own check lets through: a name that another version of the app would not know is left out. */
function count(said: Diagnostics, name: string): void {
  if (/^[a-z][A-Za-z0-9._/-]{0,59}$/.test(name)) said[name] = Number(said[name] ?? 0) + 1
}

async function readStorage(): Promise<Diagnostics> {
  // Older browsers have neither; then nothing is claimed.
  const estimate = (await navigator.storage?.estimate?.().catch(() => null)) ?? null
  const isKept = (await navigator.storage?.persisted?.().catch(() => null)) ?? null
  return {
    'storage.used-bytes': estimate?.usage ?? null,
    'storage.quota-bytes': estimate?.quota ?? null,
    'storage.kept': isKept === null ? null : Number(isKept),
  }
}
