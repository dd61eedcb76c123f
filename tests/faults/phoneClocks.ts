import { join } from 'node:path'
import type { Visit } from '../../src/domain/records/visit.ts'
import { coverageMessages } from '../../src/messages/coverage.ts'
import { DAY_MS } from '../../src/protocol/limits.ts'
import { makeEntryLink } from '../../sync-server/start.ts'
import { must, type Fault } from './Fault.ts'
import { StairPhone, type PhoneScene } from './phoneScene.ts'
import { SAVED, withPhone } from './phoneTroubles.ts'
import { makeFolder } from './quarter.ts'

/** Sets the page's clock. It must stand alone, because it is sent to the browser as text. */
export function setClock(aheadMs: number): void {
  const { now } = Date
  const Real = Date
  class Shifted extends Real {
    constructor(...args: unknown[]) {
      super(...((args.length === 0 ? [now() + aheadMs] : args) as [number]))
    }
    static override now(): number {
      return now() + aheadMs
    }
  }
  Object.assign(window, { Date: Shifted })
}

/** The visit that this phone recorded last, as it stands on the phone. */
const lastVisit = (phone: StairPhone): Promise<Visit> =>
  phone.page.evaluate(async () => {
    const ended = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve) => (request.onsuccess = () => resolve(request.result)))
    const { name } = (await indexedDB.databases()).find((entry) => entry.name!.startsWith('qiaomen.'))!
    const database = await ended(indexedDB.open(name!))
    const rows = (await ended(database.transaction('records').objectStore('records').getAll())) as {
      kind: string
      body: Visit
    }[]
    const waiting = (await ended(database.transaction('outbox').objectStore('outbox').getAll())) as {
      changes: { kind: string; id: string }[]
    }[]
    database.close()
    const known = window as unknown as { lastVisitId?: string }
    const visits = waiting.flatMap(({ changes }) => changes).filter(({ kind }) => kind === 'visit')
    known.lastVisitId = visits.at(-1)?.id ?? known.lastVisitId
    return rows.find(({ kind, body }) => kind === 'visit' && body.id === known.lastVisitId)!.body
  })

async function onServer({ server, quarter }: PhoneScene, id: string): Promise<Visit> {
  const row = await server.storage.db
    .selectFrom('record')
    .select('body')
    .where('community', '=', quarter.community)
    .where('kind', '=', 'visit')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return JSON.parse(row.body!) as Visit
}

/** The officer reads at the door that the time was worked out. */
async function officerReads(scene: PhoneScene, { stairwellId }: Visit, door: string): Promise<void> {
  const { memberId } = scene.quarter.officer.standing
  const link = await makeEntryLink(scene.server, scene.quarter.community, { role: 'officer', member: memberId })
  const officer = await StairPhone.open(join(makeFolder('disk'), 'officer'))
  try {
    await officer.page.goto(`${scene.url}/enter#${link}`)
    await officer.says('已同步')
    await officer.page.goto(`${scene.url}/coverage/${stairwellId}`)
    await officer.page.locator('button[data-door]').filter({ hasText: door }).first().click()
    await officer.sees(coverageMessages.estimated)
  } finally {
    await officer.close()
  }
}

/**
 * A year ahead or behind: what was done counts on the day on which it was done, and says that its time was worked out; it
 * comes back to the phone that way. Once the phone has seen the server's clock, its own is corrected by what it lacked.
 */
const yearOff = (years: number): Promise<string> =>
  withPhone(async (phone, scene) => {
    const begun = Date.now()
    await phone.page.addInitScript(setClock, years * 365 * DAY_MS)
    await phone.page.goto(scene.url)
    const year = await phone.page.evaluate(() => new Date().getTime())
    must(Math.abs(year - begun) > 300 * DAY_MS, 'the clock was not set')
    await phone.goKnocking()
    await phone.knock('202')
    // To a phone a year ahead the evening is long over: it ends that one and begins another with the knock.
    const waiting = SAVED + (years > 0 ? 3 : 1)
    await phone.says(`离线，${waiting} 条待上传`)
    const saved = await lastVisit(phone)
    must(Math.abs(saved.visitedAt - begun) > 300 * DAY_MS, 'the phone did not believe its clock')
    await phone.context.setOffline(false)
    await phone.says('已同步')
    const taken = await onServer(scene, saved.id)
    must(taken.estimated === true, 'nothing says that the time was worked out')
    must(Math.abs(taken.visitedAt - begun) < DAY_MS, `it counts on ${new Date(taken.visitedAt).toISOString()}`)
    const back = await lastVisit(phone)
    must(back.estimated === true && back.visitedAt === taken.visitedAt, 'it did not come back as the server has it')
    await officerReads(scene, taken, '202')
    await phone.context.setOffline(true)
    await phone.knock('201')
    await phone.says('离线，1 条待上传')
    const { id } = await lastVisit(phone)
    await phone.context.setOffline(false)
    await phone.says('已同步')
    const next = await onServer(scene, id)
    must(next.estimated === undefined && Math.abs(next.visitedAt - begun) < DAY_MS, 'the clock was not corrected')
    return `${waiting} delivered, the visit marked as worked out, on the day it was; the next one exact`
  })

/** A phone that does not know what day it is. */
export const phoneClockFaults: readonly Fault[] = [
  { name: 'a clock a year ahead', run: () => yearOff(1) },
  { name: 'a clock a year behind', run: () => yearOff(-1) },
]
