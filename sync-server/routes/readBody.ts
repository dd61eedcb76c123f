import { crc32, inflateRawSync } from 'node:zlib'
import { LIMITS } from '../../src/protocol/limits.ts'
import { parseJson } from '../../src/protocol/parseJson.ts'
import { HttpProblem } from '../HttpProblem.ts'

/**
 * Turns the bytes of a request into a value, as strictly as SYNC-11 says.
 *
 * @throws HttpProblem `bad_encoding`, `too_large`, `bad_json`, `too_deep`, `duplicate_key`, `unsupported_media_type`
 */
export function readBody(bytes: Buffer, encoding: string | undefined): unknown {
  const plain = inflate(bytes, encoding ?? 'identity')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain)
  } catch {
    throw new HttpProblem('bad_encoding')
  }
  const parsed = parseJson(text, LIMITS.depth)
  if (!parsed.ok) throw new HttpProblem(parsed.code)
  return parsed.value
}

function inflate(bytes: Buffer, encoding: string): Buffer {
  if (encoding === 'identity') return bytes
  if (encoding !== 'gzip') throw new HttpProblem('unsupported_media_type')
  const header = gzipHeaderLength(bytes)
  let inflated: { buffer: Buffer; engine: { bytesWritten: number } }
  try {
    inflated = inflateRawSync(bytes.subarray(header), {
      info: true,
      maxOutputLength: LIMITS.inflatedBytes,
    }) as unknown as typeof inflated
  } catch (error) {
    const tooLarge = (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
    throw new HttpProblem(tooLarge ? 'too_large' : 'bad_encoding')
  }
  // One member and nothing behind it: a second member would be read by some parsers and not by others.
  const end = header + inflated.engine.bytesWritten
  if (end + 8 !== bytes.length) throw new HttpProblem('bad_encoding')
  const sound =
    crc32(inflated.buffer) === bytes.readUInt32LE(end) && inflated.buffer.length === bytes.readUInt32LE(end + 4)
  if (!sound) throw new HttpProblem('bad_encoding')
  return inflated.buffer
}

/** Length of the header of the one gzip member (RFC 1952). */
function gzipHeaderLength(bytes: Buffer): number {
  if (bytes.length < 18 || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8)
    throw new HttpProblem('bad_encoding')
  const flags = bytes[3]!
  let length = 10
  if (flags & 4) length += 2 + bytes.readUInt16LE(length)
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue
    const end = bytes.indexOf(0, length)
    if (end < 0) throw new HttpProblem('bad_encoding')
    length = end + 1
  }
  if (flags & 2) length += 2
  return length
}
