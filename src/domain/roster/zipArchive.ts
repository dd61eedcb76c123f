import { RosterProblem } from './RosterProblem.ts'

/** One file of a zip archive as its central directory tells it; sizes in bytes. */
export interface ZipEntry {
  name: string
  isDeflated: boolean
  packedSize: number
  size: number
  /** Where the packed bytes start. */
  start: number
}

/** An .xlsx of 50,000 lines inflates to about 20 MiB; more than this is no ledger. */
export const MOST_INFLATED_BYTES = 64 * 1024 * 1024
const MOST_ENTRIES = 2_000

const END_SIGNATURE = 0x06054b50
const ENTRY_SIGNATURE = 0x02014b50
const LOCAL_SIGNATURE = 0x04034b50

function findEnd(view: DataView): number {
  const lowest = Math.max(0, view.byteLength - 22 - 0xffff)
  for (let at = view.byteLength - 22; at >= lowest; at--) if (view.getUint32(at, true) === END_SIGNATURE) return at
  throw new RosterProblem('ledger_damaged')
}

const asciiName = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')

function readEntry(view: DataView, bytes: Uint8Array, at: number): { entry: ZipEntry; next: number } {
  if (at + 46 > bytes.length || view.getUint32(at, true) !== ENTRY_SIGNATURE) throw new RosterProblem('ledger_damaged')
  if ((view.getUint16(at + 8, true) & 1) === 1) throw new RosterProblem('ledger_encrypted')
  const method = view.getUint16(at + 10, true)
  if (method !== 0 && method !== 8) throw new RosterProblem('ledger_damaged')
  const packedSize = view.getUint32(at + 20, true)
  const size = view.getUint32(at + 24, true)
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [
    number,
    number,
    number,
  ]
  const name = asciiName(bytes.subarray(at + 46, at + 46 + nameLength))
  const local = view.getUint32(at + 42, true)
  if (local + 30 > bytes.length || view.getUint32(local, true) !== LOCAL_SIGNATURE)
    throw new RosterProblem('ledger_damaged')
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
  if (start + packedSize > bytes.length) throw new RosterProblem(size === 0xffffffff ? 'ledger_bomb' : 'ledger_damaged')
  return {
    entry: { name, isDeflated: method === 8, packedSize, size, start },
    next: at + 46 + nameLength + extraLength + commentLength,
  }
}

/**
 * Reads the central directory of a zip archive without inflating anything.
 * @throws RosterProblem `ledger_bomb` when the sizes add up to more than 64 MiB, `ledger_bad_path` for a name that
 * leaves the archive, `ledger_encrypted`, `ledger_damaged`.
 */
export function readZipEntries(bytes: Uint8Array): ZipEntry[] {
  if (bytes.length < 22) throw new RosterProblem('ledger_damaged')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = findEnd(view)
  const count = view.getUint16(end + 10, true)
  if (count > MOST_ENTRIES) throw new RosterProblem('ledger_bomb')
  const entries: ZipEntry[] = []
  let at = view.getUint32(end + 16, true)
  let total = 0
  for (let index = 0; index < count; index++) {
    const { entry, next } = readEntry(view, bytes, at)
    if (/(?:^|[\\/])\.\.(?:[\\/]|$)|^[\\/]|^[A-Za-z]:|\\/u.test(entry.name)) throw new RosterProblem('ledger_bad_path')
    if (entries.some((other) => other.name === entry.name)) throw new RosterProblem('ledger_damaged')
    total += entry.size
    if (total > MOST_INFLATED_BYTES) throw new RosterProblem('ledger_bomb')
    entries.push(entry)
    at = next
  }
  return entries
}

/** A zip archive of the given files, stored without compression: what was checked is exactly what is read next. */
export function storeZip(files: readonly { name: string; bytes: Uint8Array }[]): Uint8Array<ArrayBuffer> {
  const size = files.reduce((sum, file) => sum + 76 + 2 * file.name.length + file.bytes.length, 22)
  const zip = new Uint8Array(size)
  const view = new DataView(zip.buffer)
  const writeName = (at: number, name: string) => {
    for (let index = 0; index < name.length; index++) zip[at + index] = name.charCodeAt(index)
  }
  const starts: number[] = []
  let at = 0
  for (const { name, bytes } of files) {
    starts.push(at)
    view.setUint32(at, LOCAL_SIGNATURE, true)
    view.setUint16(at + 4, 20, true)
    view.setUint32(at + 18, bytes.length, true)
    view.setUint32(at + 22, bytes.length, true)
    view.setUint16(at + 26, name.length, true)
    writeName(at + 30, name)
    zip.set(bytes, at + 30 + name.length)
    at += 30 + name.length + bytes.length
  }
  const directory = at
  for (const [index, { name, bytes }] of files.entries()) {
    view.setUint32(at, ENTRY_SIGNATURE, true)
    view.setUint16(at + 4, 20, true)
    view.setUint16(at + 6, 20, true)
    view.setUint32(at + 20, bytes.length, true)
    view.setUint32(at + 24, bytes.length, true)
    view.setUint16(at + 28, name.length, true)
    view.setUint32(at + 42, starts[index] ?? 0, true)
    writeName(at + 46, name)
    at += 46 + name.length
  }
  view.setUint32(at, END_SIGNATURE, true)
  view.setUint16(at + 8, files.length, true)
  view.setUint16(at + 10, files.length, true)
  view.setUint32(at + 12, at - directory, true)
  view.setUint32(at + 16, directory, true)
  return zip
}
