import { hereIfOpen } from '../../db/here.ts'
import { visitMessages } from '../../messages/visits.ts'

/** Says in plain words what happened to the data when a write threw. */
export function wordTrouble(error: unknown): string {
  const { name, inner } = error as { name?: string; inner?: { name?: string } }
  const isFull = [name, inner?.name].includes('QuotaExceededError')
  if (!isFull) console.error('saving', error)
  hereIfOpen()?.mend?.(error)
  return isFull ? visitMessages.trouble.full : visitMessages.trouble.failed
}
