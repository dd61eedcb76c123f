import { describe, expect, test } from 'vitest'
import { check } from '../../src/domain/fields.ts'
import { enrolRequest, enterRequest } from '../../src/protocol/enrolment.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { PROBLEMS, problemBody } from '../../src/protocol/problem.ts'
import { syncRequest, wireCommand } from '../../src/protocol/sync.ts'

const ID = 'AAAAAAAAAAAAAAAAAAAA'
const request = {
  protocol: 1,
  device: ID,
  incarnation: ID,
  epoch: null,
  cursor: null,
  membership: 0,
  commands: [],
  unsent: 0,
  appVersion: '1',
  pull: true,
}
const command = { n: 1, id: ID, verb: 'door/add', version: 1, claimedAt: 0, offsetMs: 0, after: null, args: {} }

describe('[SYNC-11] the limits of the wire', () => {
  test('are what the protocol’s description says', () => {
    const { commandsPerRequest, wireBytes, inflatedBytes, depth, changesPerPage } = LIMITS
    expect({ commandsPerRequest, wireBytes, inflatedBytes, depth, changesPerPage }).toEqual({
      commandsPerRequest: 1_000,
      wireBytes: 262_144,
      inflatedBytes: 2_097_152,
      depth: 8,
      changesPerPage: 1_000,
    })
  })

  test('the deepest command of the protocol fits', () => {
    // request > commands > command > args > doors > door: two levels are left for what comes.
    const depthOf = (value: unknown): number =>
      value !== null && typeof value === 'object' ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0
    const deepest = { ...request, commands: [{ ...command, args: { doors: [{ label: '101' }] } }] }
    expect(depthOf(deepest)).toBeLessThanOrEqual(LIMITS.depth)
  })

  const wrong: [story: string, change: Record<string, unknown>][] = [
    ['a device id with a space', { device: `${ID} ` }],
    ['an incarnation that is missing', { incarnation: undefined }],
    ['an epoch of 65 code points', { epoch: 'e'.repeat(65) }],
    ['a cursor of 8,193 code points', { cursor: 'c'.repeat(8_193) }],
    ['a membership before the first', { membership: -1 }],
    ['commands that are no list', { commands: {} }],
    ['less than nothing unsent', { unsent: -1 }],
    ['more unsent than a phone can hold', { unsent: 1_000_001 }],
    ['a version of 21 letters', { appVersion: '1'.repeat(21) }],
    ['a pull that is no flag', { pull: 1 }],
    ['a field that it does not know', { community: ID }],
    ['no protocol', { protocol: 0 }],
  ]
  test.for(wrong)('%s makes it no sync request', ([, change]) => {
    expect(check(syncRequest, { ...request, ...change }).ok).toBe(false)
  })

  test('a request at every limit is one', () => {
    const most = { epoch: 'e'.repeat(64), cursor: 'c'.repeat(8_192), unsent: 1_000_000, appVersion: '1'.repeat(20) }
    expect(check(syncRequest, { ...request, ...most }).ok).toBe(true)
  })

  const wrongCommands: [story: string, change: Record<string, unknown>, code: string][] = [
    ['a number before the first', { n: 0 }, 'bad_field'],
    ['a number past 2^53', { n: 2 ** 53 }, 'bad_field'],
    ['a verb of 41 letters', { verb: 'v'.repeat(41) }, 'too_long'],
    ['no verb', { verb: '' }, 'bad_field'],
    ['a version of nothing', { version: 0 }, 'bad_field'],
    ['a fraction of a millisecond', { claimedAt: 0.5 }, 'bad_time'],
    ['a last sync that is no time', { after: 'now' }, 'bad_time'],
    ['an offset of thousands of years', { offsetMs: 1e15 }, 'bad_field'],
    ['a history without a clock', { formerly: { epoch: 'e' } }, 'bad_field'],
    ['a field of the server’s own', { clock: 1 }, 'unknown_field'],
  ]
  test.for(wrongCommands)('%s makes it no command', ([, change, code]) => {
    expect(check(wireCommand, { ...command, ...change })).toEqual({ ok: false, code })
  })
})

describe('[SYNC-11] the requests of an enrolment', () => {
  const enrolment = { secret: 'ABCD-EFGH', name: '阿珍', deviceName: '手机' }
  const wrong: [story: string, change: Record<string, unknown>][] = [
    ['a secret of 7 letters', { secret: 'ABCDEFG' }],
    ['a secret of 81 letters', { secret: 'A'.repeat(81) }],
    ['a secret with a blank', { secret: 'ABCD EFGH' }],
    ['a megabyte of secret', { secret: 'A'.repeat(2 ** 20) }],
    ['no name', { name: ' ' }],
    ['a name of 21 code points', { name: '珍'.repeat(21) }],
    ['a role that somebody wants', { role: 'officer' }],
    ['a name with U+0000', { name: 'a\u0000' }],
  ]
  test.for(wrong)('%s is refused', ([, change]) => {
    expect(check(enrolRequest, { ...enrolment, ...change }).ok).toBe(false)
    expect(check(enterRequest, { ...enrolment, ...change }).ok).toBe(false)
  })

  test('the good ones pass', () => {
    expect(check(enrolRequest, enrolment).ok).toBe(true)
    expect(check(enterRequest, { secret: enrolment.secret, deviceName: '' }).ok).toBe(true)
  })
})

describe('[SYNC-4] coded problems', () => {
  test('each is a problem of RFC 9457 that says its own status', () => {
    for (const [code, status] of Object.entries(PROBLEMS)) {
      expect(problemBody(code as keyof typeof PROBLEMS)).toEqual({ type: 'about:blank', title: code, status, code })
      expect(status).toBeGreaterThanOrEqual(400)
    }
  })
})
