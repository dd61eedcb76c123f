import type { Standing } from '../protocol/enrolment.ts'

export const ENROLMENT_KEY = 'qiaomen.enrolment'

/** Whose phone this page is, as the last enrolment said: which database to open, without asking anybody. */
export type Enrolment = Pick<Standing, 'community' | 'memberId' | 'deviceId' | 'state' | 'matchCode'>

export function readEnrolment(): Enrolment | null {
  try {
    const stored = JSON.parse(localStorage.getItem(ENROLMENT_KEY) ?? 'null') as Enrolment | null
    return stored && typeof stored.memberId === 'string' && typeof stored.deviceId === 'string' ? stored : null
  } catch {
    return null
  }
}

/** Forgets an enrolment that is over, unless another has taken its place. */
export function forgetEnrolment(deviceId: string): void {
  if (readEnrolment()?.deviceId === deviceId) localStorage.removeItem(ENROLMENT_KEY)
}

export function writeEnrolment({ community, memberId, deviceId, state, matchCode }: Enrolment): void {
  localStorage.setItem(ENROLMENT_KEY, JSON.stringify({ community, memberId, deviceId, state, matchCode }))
}
