import { createCipheriv, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { sealedWith, type CarriedPart, type HandoverHeader } from '../../src/protocol/handover.ts'

/** Seals whatever a test wants to lie in a part, as a phone does or as no phone would. */
export function sealPart(
  key: string,
  header: HandoverHeader,
  inside: unknown,
  how: { index?: number; nonce?: Buffer } = {},
): CarriedPart {
  const index = how.index ?? 0
  const plain = Buffer.isBuffer(inside) ? inside : Buffer.from(JSON.stringify(inside))
  const packed = header.coding === 'gzip' && !Buffer.isBuffer(inside) ? gzipSync(plain) : plain
  const nonce = how.nonce ?? randomBytes(12)
  const lock = createCipheriv('aes-256-gcm', Buffer.from(key, 'base64url'), nonce)
  lock.setAAD(Buffer.from(sealedWith(header, index)))
  const sealed = Buffer.concat([nonce, lock.update(packed), lock.final(), lock.getAuthTag()])
  return { header, index, sealed: sealed.toString('base64url') }
}
