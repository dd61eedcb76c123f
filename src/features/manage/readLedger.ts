import type { LedgerTools } from '../../domain/roster/openLedger.ts'
import { openLedger } from '../../domain/roster/openLedger.ts'
import type { Cell, RosterSheet } from '../../domain/roster/readRoster.ts'

/** Inflates until done or until there is more than was promised; the rest of a bomb is never produced. */
async function inflate(packed: Uint8Array, mostBytes: number): Promise<Uint8Array> {
  const stream = new Blob([new Uint8Array(packed)]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  const reader = stream.getReader()
  const whole = new Uint8Array(mostBytes)
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return whole.subarray(0, length)
    if (length + value.length > mostBytes) {
      await reader.cancel()
      throw new RangeError('inflated beyond its size')
    }
    whole.set(value, length)
    length += value.length
  }
}

/** The two parsers are fetched when an officer picks a file, and are no part of a member's first load. */
async function fetchTools(): Promise<LedgerTools> {
  const [{ default: Papa }, { default: readWorkbook }] = await Promise.all([
    import('papaparse'),
    import('read-excel-file/universal'),
  ])
  return {
    decode: (bytes, encoding) => new TextDecoder(encoding, { fatal: true }).decode(bytes),
    encode: (text) => new TextEncoder().encode(text),
    inflate,
    parseText: (text, options) => void Papa.parse<string[]>(text, options),
    // The universal reader starts no worker: the page's policy allows none from a blob.
    readWorkbook: async (xlsx) =>
      (await readWorkbook(xlsx.buffer)).map(({ sheet, data }) => ({ name: sheet, rows: data as Cell[][] })),
  }
}

/**
 * Opens a ledger file in the officer's browser. Nothing of it leaves the page.
 * @throws RosterProblem with a permanent code, and nothing else of its own.
 */
export async function readLedger(bytes: Uint8Array, fileName: string): Promise<RosterSheet[]> {
  return openLedger(bytes, fileName, await fetchTools())
}
