import { here } from '../../db/here.ts'
import type { Verb } from '../../domain/verbs.ts'

/**
 * What this phone has asked of documents and nobody has answered yet, by the id of the document: the newest verb. Until the
 * answer comes a claim is only a request, and is shown as one.
 *
 * @param field which of the arguments names the document
 */
export async function readUnanswered(field: 'wishId' | 'activityId'): Promise<Map<string, Verb>> {
  const entries = await here().database.outbox.toArray()
  const asked = new Map<string, Verb>()
  for (const { state, verb, args } of entries) {
    const id = (args as Record<string, unknown> | null)?.[field]
    if (state !== 'refused' && typeof id === 'string') asked.set(id, verb as Verb)
  }
  return asked
}
