import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { vi } from 'vitest'
import type { Component } from 'vue'
import type { Router } from 'vue-router'
import { mintAssignmentId } from '../../src/domain/records/assignment.ts'
import type { Role } from '../../src/domain/records/member.ts'
import { mintDoorId, mintStairwellId, type Stairwell } from '../../src/domain/records/stairwell.ts'
import { anId } from '../factories/facts.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { openRouter, openScreenPhone, type ScreenPhone } from './testPhone.ts'

export const TEAM = anId('team')
export const ROUND = anId('round 2')

/** A member's phone with a real database, a router, and screens that are put away at the end. */
export interface Doorstep extends ScreenPhone {
  router: Router
  /** What was saved, in its order. */
  saved(): Promise<{ verb: string; args: Record<string, unknown> }[]>
  show(screen: Component, props?: Record<string, unknown>): Promise<VueWrapper>
}

/** A screen on which nothing moved for so long, over so many turns of the event loop, has come to rest. */
const QUIET_MS = 60
const QUIET_TURNS = 60

/** Waits until what loads later, the database, live queries and the screen have come to rest. */
export async function settled(): Promise<void> {
  await flushPromises()
  await vi.dynamicImportSettled()
  let quiet = 0
  let since = performance.now()
  const observer = new MutationObserver(() => {
    quiet = 0
    since = performance.now()
  })
  observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
  while (quiet++ < QUIET_TURNS || performance.now() - since < QUIET_MS) {
    await new Promise((resolve) => setImmediate(resolve))
    await flushPromises()
  }
  observer.disconnect()
}

export async function openDoorstep(who: { role?: Role; team?: string | null } = {}): Promise<Doorstep> {
  const phone = await openScreenPhone()
  await phone.set({ syncedAt: phone.clock.now() - 1_800_000 })
  localStorage.clear()
  const router = await openRouter('/')
  const mounted: VueWrapper[] = []
  const { role = 'member', team = TEAM } = who
  await phone.put('member', {
    id: phone.memberId,
    name: '示例甲',
    bonds: [{ role, teamId: team, from: 0, until: null }],
  })
  const hours = { visitingFrom: 19 * 60, visitingUntil: 21 * 60, quietDays: [] }
  const settings = { ruleSetId: 'guangzhou-2023', questionsPerVisit: 1, revision: 1, ...hours }
  await phone.put('community', { id: phone.communityId, name: '石榴桥社区', ...settings })
  return {
    ...phone,
    router,
    async saved() {
      const entries = await phone.database.outbox.orderBy('seq').toArray()
      return entries.map(({ verb, args }) => ({ verb, args: args as Record<string, unknown> }))
    },
    async show(screen, props = {}) {
      const wrapper = mount(screen, { props, attachTo: document.body, global: { plugins: [router] } })
      mounted.push(wrapper)
      await settled()
      return wrapper
    },
    close() {
      for (const wrapper of mounted) wrapper.unmount()
      phone.close()
      vi.restoreAllMocks()
    },
  }
}

/** A round that is open, and the closed one before it. */
export async function putRounds(doorstep: Doorstep): Promise<void> {
  const first = { number: 1, name: '首轮', startsOn: '2026-10-01', state: 'closed' as const, revision: 2 }
  await doorstep.put('round', { id: anId('round 1'), ...first })
  const second = { number: 2, name: '二轮', startsOn: '2026-11-01', state: 'open' as const, revision: 1 }
  await doorstep.put('round', { id: ROUND, ...second })
}

/** A stairwell of two homes a floor, handed to the team unless told otherwise. */
export async function putStairwell(
  doorstep: Doorstep,
  options: { name?: string; floors?: number; mine?: boolean; handed?: boolean; accessNote?: string } = {},
): Promise<Stairwell> {
  const { name = '2梯', floors = 3, mine = false, handed = true, accessNote = '' } = options
  const id = mintStairwellId(doorstep.communityId, '华兴苑', '3栋', name)
  const levels = Array.from({ length: floors }, (_, index) => index + 1)
  const doors = levels.flatMap((level) =>
    [0, 1].map((column) => {
      const label = `${level}0${column + 1}`
      return { id: mintDoorId(id, label), label, level, kind: 'home' as const, column, state: 'confirmed' as const }
    }),
  )
  const layout: Stairwell = {
    id,
    estate: '华兴苑',
    building: '3栋',
    stairwell: name,
    floors: levels.map((level) => ({ level, label: String(level) })),
    doors,
    accessNote,
    accessNoteRevision: 0,
    revision: 1,
  }
  await doorstep.put('stairwell', layout)
  if (handed) {
    const grant = { teamId: TEAM, memberIds: mine ? [doorstep.memberId] : [], from: 0, until: null, leaseUntil: null }
    const assignment = { id: mintAssignmentId(ROUND, id), stairwellId: id, roundId: ROUND, revision: 1 }
    await doorstep.put('assignment', { ...assignment, grants: [grant] })
  }
  return layout
}

/** The button of this name, by what a screen reader would say. */
export function button(screen: VueWrapper, name: string | RegExp) {
  const fits = (text: string) => (typeof name === 'string' ? text === name : name.test(text))
  const found = screen.findAll('button').find((entry) => fits(nameOf(entry.element)))
  if (!found) throw new Error(`no button ${name}: ${screen.findAll('button').map((entry) => nameOf(entry.element))}`)
  return found
}

export function hasButton(screen: VueWrapper, name: string): boolean {
  return screen.findAll('button').some((entry) => nameOf(entry.element) === name)
}

function nameOf(element: Element): string {
  const label = element.getAttribute('aria-label')
  if (label !== null) return label
  const visible = element.cloneNode(true) as Element
  for (const hidden of visible.querySelectorAll('[aria-hidden="true"]')) hidden.remove()
  return (visible.textContent ?? '').replace(/\s+/g, ' ').trim()
}

/** Taps a button, as soon as it is there, and waits until everything that followed is on the screen. */
export async function tap(screen: VueWrapper, name: string | RegExp): Promise<void> {
  await (await waitUntil(() => button(screen, name), { what: `the button ${name}` })).trigger('click')
  await settled()
}
