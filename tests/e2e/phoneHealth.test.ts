import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FULL, QUICK } from '../faults/Fault.ts'
import { oldPhoneFaults } from '../faults/oldPhones.ts'
import { Oracle } from '../faults/Oracle.ts'
import { phoneKillFaults } from '../faults/phoneKills.ts'
import { closePhoneScene, phoneScene } from '../faults/phoneScene.ts'
import { phoneClockFaults } from '../faults/phoneClocks.ts'
import { phoneLossFaults } from '../faults/phoneStorage.ts'
import { phoneTroubleFaults } from '../faults/phoneTroubles.ts'
import { privateWindowFaults } from '../faults/privateWindow.ts'

/** Real Chromium, real profiles, spoilt on the disk while the browser is closed. */
beforeAll(async () => {
  await phoneScene()
})
afterAll(closePhoneScene)

describe('a phone that lost what was saved on it knows, and says so', () => {
  test.each(phoneLossFaults)('$name', async (fault) => {
    expect(await fault.run(new Oracle(), FULL)).not.toBe('')
  })
})

describe('a phone that dies, forgets or slept through versions', () => {
  test.each([...phoneKillFaults, ...privateWindowFaults, ...oldPhoneFaults])('$name', async (fault) => {
    expect(await fault.run(new Oracle(), QUICK)).not.toBe('')
  })
})

describe('a phone in trouble loses nothing', () => {
  test.each([...phoneClockFaults, ...phoneTroubleFaults])('$name', async (fault) => {
    expect(await fault.run(new Oracle(), FULL)).not.toBe('')
  })
})
