import fc from 'fast-check'

/** One thing that goes wrong with bytes or with the JSON in them. Places are parts of the whole, from 0 to 1. */
export type Mutation =
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'cut'; at: number }
  | { kind: 'drop'; at: number; length: number }
  | { kind: 'insert'; at: number; text: string }
  | { kind: 'repeat'; at: number; length: number; times: number }
  | { kind: 'key'; at: number; text: string }
  | { kind: 'value'; at: number; text: string }
  | { kind: 'deep'; at: number; depth: number }

const ODD = [
  ...['1e400', '-1e400', '9007199254740993', '-0', '0.1', '1e-400', '00', '+1', 'NaN', 'Infinity', '-', '1e'],
  ...['true', 'null', '""', '"true"', '[]', '{}', '[[]]', '"\\u0000"', '"\\ud800"', '"\\u202e"', '"__proto__"'],
  ...[
    '{"__proto__":1}',
    '"constructor"',
    '"\u0000"',
    '"💥"',
    '"e\u0301"',
    '\ufeff',
    ' ',
    ',',
    ':',
    '"',
    '\\',
    ']',
    '}',
    '{',
  ],
]
/** Odd, and JSON all the same: what the rules behind the parser have to see. */
const VALUES = [
  ...['1e400', '-1e400', '9007199254740993', '-0', '0.1', '1e-400', '-1', '0', '1', '1e15', '8.64e15', '2147483648'],
  ...['true', 'false', 'null', '""', '"true"', '[]', '{}', '[[]]', '[null]', '"\\u0000"', '"\\ud800"', '"\\u202e"'],
  ...['"__proto__"', '{"__proto__":1}', '"constructor"', '"💥"', '"e\u0301"', `"${'长'.repeat(1_001)}"`, '"1"', '" "'],
]
const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
const odd = fc.constantFrom(...ODD)

/** What happens to bytes of any kind. */
export const byteMutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({ kind: fc.constant('drop' as const), at: place, length: fc.nat(40) }),
  fc.record({ kind: fc.constant('insert' as const), at: place, text: odd }),
  fc.record({ kind: fc.constant('repeat' as const), at: place, length: fc.nat(60), times: fc.nat(60) }),
)

/** What happens to JSON: keys that come twice, values that are odd, nests that are deep. */
export const jsonMutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 1, arbitrary: byteMutation },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('value' as const), at: place, text: fc.constantFrom(...VALUES) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('key' as const), at: place, text: odd }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('deep' as const),
      at: place,
      depth: fc.constantFrom(1, 3, 9, 50, 20_000),
    }),
  },
)

export function mutate(bytes: Buffer, mutations: readonly Mutation[]): Buffer {
  return mutations.reduce(mutateOnce, bytes)
}

function mutateOnce(bytes: Buffer, mutation: Mutation): Buffer {
  const at = Math.floor(mutation.at * bytes.length)
  const join = (start: number, middle: Buffer | string, end: number) =>
    Buffer.concat([bytes.subarray(0, start), Buffer.from(middle), bytes.subarray(end)])
  switch (mutation.kind) {
    case 'flip': {
      if (bytes.length === 0) return bytes
      const flipped = Buffer.from(bytes)
      flipped[at]! ^= 1 << mutation.bit
      return flipped
    }
    case 'cut':
      return bytes.subarray(0, at)
    case 'drop':
      return join(at, '', at + mutation.length)
    case 'insert':
      return join(at, mutation.text, at)
    case 'repeat': {
      const slice = bytes.subarray(at, at + mutation.length)
      return join(at, Buffer.concat(Array.from({ length: mutation.times }, () => slice)), at)
    }
    case 'key':
      return atToken(bytes, /"(?:[^"\\]|\\.)*":/g, mutation.at, (key) => `${key}${mutation.text},${key}`)
    case 'value':
      return atToken(
        bytes,
        /(?<=[:[,])("(?:[^"\\]|\\.)*"(?!:)|-?\d[\d.eE+-]*|true|false|null)/g,
        mutation.at,
        () => mutation.text,
      )
    case 'deep':
      return atToken(bytes, /(?<=[:[,])(-?\d+|true|false|null)/g, mutation.at, (value) => {
        return '['.repeat(mutation.depth) + value + ']'.repeat(mutation.depth)
      })
  }
}

/** Puts something else where one of the tokens stands. Text that is no UTF-8 any more stays as it is. */
function atToken(bytes: Buffer, token: RegExp, at: number, put: (found: string) => string): Buffer {
  const text = bytes.toString('utf8')
  const found = [...text.matchAll(token)]
  const hit = found[Math.floor(at * found.length)]
  if (!hit) return bytes
  return Buffer.from(text.slice(0, hit.index) + put(hit[0]) + text.slice(hit.index + hit[0].length))
}
