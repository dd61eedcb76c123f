import { describe, expect, test } from 'vitest'
import { isSkipWaiting } from '../../src/service-worker/isSkipWaiting.ts'

const origin = 'https://knock.example'

describe('the one message that the worker obeys', () => {
  test('a page of ours may ask for the new version', () => {
    expect(isSkipWaiting({ data: { type: 'SKIP_WAITING' }, origin }, origin)).toBe(true)
  })

  const ignored: [story: string, data: unknown, from: string][] = [
    ['another origin', { type: 'SKIP_WAITING' }, 'https://evil.example'],
    ['no origin', { type: 'SKIP_WAITING' }, ''],
    ['a forged wipe', { type: 'WIPE' }, origin],
    ['more than was agreed', { type: 'SKIP_WAITING', wipe: true }, origin],
    ['a bare word', 'SKIP_WAITING', origin],
    ['nothing', null, origin],
    ['a list', ['SKIP_WAITING'], origin],
  ]
  test.for(ignored)('%s is ignored', ([, data, from]) => {
    expect(isSkipWaiting({ data, origin: from }, origin)).toBe(false)
  })
})
