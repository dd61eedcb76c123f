import { DATA_VERSION, databaseName } from '../../db/database.ts'
import { readKeptCopy } from '../../db/keptCopy.ts'
import { sentinelKey } from '../../db/openPhone.ts'
import { wordSentinel } from '../../domain/phoneHealth.ts'
import { whoAmI, type Standing } from '../../sync/ask.ts'

/**
 * Whose phone this was before localStorage was cleared: the second copy on this phone says it without a network, the
 * server knows it by its cookie, which Safari keeps when it clears everything else. What was remembered of the database is
 * put back, so that one that is gone is noticed and not begun in silence.
 *
 * @returns `null` for a phone that belongs to nobody
 */
export async function recoverPhone(): Promise<Standing | null> {
  const copy = await readKeptCopy()
  const known = copy?.enrolment as Standing | null | undefined
  if (copy && typeof known?.memberId === 'string' && typeof known.community?.id === 'string') {
    remember(known, copy.sentinel)
    return { ...known, name: '', role: null, teamId: null, serverTime: 0 }
  }
  const asked = await whoAmI()
  if (!asked.ok) return null
  const nothing = { born: '', lane: 0, nextN: 0, unsent: 0, ids: [], rows: 0, seenAt: 0 }
  remember(asked.value, wordSentinel({ version: DATA_VERSION, ...nothing }))
  return asked.value
}

function remember({ community, memberId }: Standing, sentinel: string | null): void {
  const key = sentinelKey(databaseName(community.id, memberId))
  // What was remembered at this phone knows more than anybody else.
  if (sentinel !== null && localStorage.getItem(key) === null) localStorage.setItem(key, sentinel)
}
