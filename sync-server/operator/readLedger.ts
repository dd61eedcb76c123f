import { inflateRawSync } from 'node:zlib'
import Papa from 'papaparse'
import readWorkbook from 'read-excel-file/universal'
import type { LedgerTools } from '../../src/domain/roster/openLedger.ts'
import { openLedger } from '../../src/domain/roster/openLedger.ts'
import type { Cell, RosterSheet } from '../../src/domain/roster/readRoster.ts'

const tools: LedgerTools = {
  decode: (bytes, encoding) => new TextDecoder(encoding, { fatal: true }).decode(bytes),
  encode: (text) => new TextEncoder().encode(text),
  inflate: async (packed, mostBytes) => inflateRawSync(packed, { maxOutputLength: Math.max(mostBytes, 1) }),
  parseText: (text, options) => void Papa.parse<string[]>(text, options),
  // The universal reader takes an ArrayBuffer and starts no worker, so the server reads exactly as the officer's page does.
  readWorkbook: async (xlsx) =>
    (await readWorkbook(xlsx.buffer)).map(({ sheet, data }) => ({ name: sheet, rows: data as Cell[][] })),
}

/**
 * Opens a ledger file on the server: CSV or other delimited text in UTF-8, UTF-16 or GB18030, or .xlsx.
 * @throws RosterProblem with a permanent code, and nothing else.
 */
export const readLedger = (bytes: Uint8Array, fileName: string): Promise<RosterSheet[]> =>
  openLedger(bytes, fileName, tools)
