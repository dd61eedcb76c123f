import fc from 'fast-check'
import { expect, test } from 'vitest'
import { oneEditApart } from '../../../src/domain/sorting/oneEditApart.ts'

test.each([
  ['tong', 'tong', 'same'],
  ['tnog', 'tong', 'swapped'],
  ['tang', 'tong', 'changed'],
  ['tng', 'tong', 'missing'],
  ['toong', 'tong', 'extra'],
  ['', 'a', 'missing'],
  ['gnot', 'tong', undefined],
  ['to', 'tong', undefined],
])('%s for %s is %s', (typed, meant, slip) => {
  expect(oneEditApart(typed, meant)).toBe(slip)
})

test('a word with one letter taken out is one slip away, both ways', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 12 }), fc.nat(), (word, seed) => {
      const at = seed % word.length
      const shorter = word.slice(0, at) + word.slice(at + 1)
      expect(oneEditApart(shorter, word)).toBe('missing')
      expect(oneEditApart(word, shorter)).toBe('extra')
    }),
  )
})
