import { gunzipSync, gzipSync } from 'node:zlib'
import { Schedule } from '../../src/sync/schedule.ts'
import { freshPace } from '../../src/sync/synchronize.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { seededRng } from '../harness/world.ts'
import { type Fault, must } from './Fault.ts'
import type { FaultPhone } from './FaultPhone.ts'
import type { Oracle } from './Oracle.ts'
import { inScene, type Scene } from './Scene.ts'
import { Wire } from './Wire.ts'

/** A line for this scene's phones. */
async function withWire(
  oracle: Oracle,
  run: (scene: Scene, wire: Wire, phone: FaultPhone) => Promise<string>,
): Promise<string> {
  return inScene(oracle, async (scene) => {
    const wire = await Wire.to(scene.server.url)
    for (const phone of scene.phones) phone.url = wire.url
    try {
      return await run(scene, wire, scene.phones[0]!)
    } finally {
      await wire.close()
    }
  })
}

/**
 * One knock goes out through a line that is cut after 0, 1, 2 … bytes, until the exchange fits. The phones take turns,
 * because one phone that sends so much would be asked to slow down.
 */
async function everyOffset({ phones }: Scene, wire: Wire, way: 'cutUpAfter' | 'cutDownAfter'): Promise<number> {
  let whole = 0
  for (let offset = 0; ; offset++) {
    const phone = phones[offset % phones.length]!
    await phone.knock(1, 'nothing')
    Object.assign(phone.pace, freshPace())
    wire.become({ [way]: offset })
    const trouble = await phone.sync()
    if (trouble) must(trouble.kind === 'offline', `a line cut after ${offset} bytes is told as ${String(trouble)}`)
    wire.become()
    // An exchange is through when its last byte was let through, for every phone.
    whole = trouble === null ? whole + 1 : 0
    if (whole === phones.length) return offset + 1 - whole
    Object.assign(phone.pace, freshPace())
    const still = await phone.sync()
    must(still === null, `a fine line does not do after ${offset} bytes: ${String(still)}`)
  }
}

const cutEverywhere = (oracle: Oracle) =>
  withWire(oracle, async (scene, wire) => {
    for (const phone of scene.phones) {
      await phone.knock(1, 'nothing')
      await phone.drain()
    }
    const up = await everyOffset(scene, wire, 'cutUpAfter')
    const down = await everyOffset(scene, wire, 'cutDownAfter')
    return `every offset of ${up} bytes up and ${down} bytes down; ${await scene.settle()}`
  })

const HTML = '<!doctype html><title>Wi-Fi</title><form action="/login">请登录</form>'
const served = (type: string, body: string, status = '200 OK') => {
  const bytes = Buffer.from(body)
  const head = `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${bytes.length}\r\nconnection: close\r\n\r\n`
  return Buffer.concat([Buffer.from(head), bytes])
}

/** Who stands between answers everything himself, with every kind of page. */
const portal = (oracle: Oracle) =>
  withWire(oracle, async (scene, wire, phone) => {
    const pages = [
      served('text/html; charset=utf-8', HTML),
      served('application/json', HTML),
      served('application/json', ''),
      served('application/json', 'null'),
      served('application/json', '[]'),
      served('application/json', '{}'),
      served('application/json', '{"ok":true,"answers":null}'),
      served('application/json', '{"answers":[],"changes":[],"device":"active","more":false}'),
      served('application/problem+json', '{"code":"nonsense"}', '401 Unauthorized'),
      served('text/html', HTML, '401 Unauthorized'),
      served('text/html', HTML, '511 Network Authentication Required'),
      served('text/html', HTML, '302 Found\r\nlocation: http://portal.invalid/'),
    ]
    await phone.knock(5)
    for (const answeredBy of pages) {
      const before = await phone.dump()
      wire.become({ answeredBy })
      const trouble = await phone.sync()
      must(trouble?.kind === 'offline', `${answeredBy.toString().slice(0, 60)} is taken for ${String(trouble)}`)
      must((await phone.dump()) === before, `${answeredBy.toString().slice(0, 60)} changed something on the phone`)
    }
    wire.become()
    for (const one of scene.phones) one.url = scene.server.url
    return `${pages.length} kinds of page, nothing changed on the phone; ${await scene.settle()}`
  })

/** Bytes are changed on the way: a request that is not what was sent is refused, an answer that is none is dropped. */
const altered = (oracle: Oracle) =>
  withWire(oracle, async (scene, wire, phone) => {
    const hand = scene.hand()
    const commands = Array.from({ length: 6 }, (_, at) => scene.visit(hand, at))
    const body = gzipSync(JSON.stringify(hand.request(commands)))
    let refused = 0
    for (let at = 0; at < body.length; at++) {
      const bytes = Buffer.from(body)
      bytes[at]! ^= 1 << (at % 8)
      const reply = await scene.post(hand.cookie, new Uint8Array(bytes), { 'content-encoding': 'gzip' })
      // The header's time, system and flag for text mean nothing; all else is covered by the checksum.
      if (reply.status !== 200) refused++
      must(reply.status === 200 || reply.status === 400, `byte ${at} changed is answered ${reply.status}`)
      must(gunzipOr(bytes)?.equals(gunzipSync(body)) ?? reply.status === 400, `byte ${at} changed was taken in`)
    }
    const rng = seededRng(3)
    let dropped = 0
    for (let time = 0; time < 60; time++) {
      await phone.knock(2)
      // Something in the answer's own text: its length stays, its meaning is gone.
      wire.become({ alterDown: (bytes) => garbled(bytes, rng.next()) })
      const trouble = await phone.sync()
      if (trouble) dropped++
      wire.become()
      await phone.sync()
    }
    must(dropped > 30, `only ${dropped} garbled answers were dropped`)
    for (const one of scene.phones) one.url = scene.server.url
    return `${refused} of ${body.length} changed bytes refused, the others without meaning; ${dropped} of 60 garbled answers dropped; ${await scene.settle()}`
  })

function gunzipOr(bytes: Buffer): Buffer | null {
  try {
    return gunzipSync(bytes)
  } catch {
    return null
  }
}

/** A run of the body is overwritten; the head stays. */
function garbled(bytes: Buffer, where: number): Buffer {
  const body = bytes.indexOf('\r\n\r\n') + 4
  const copy = Buffer.from(bytes)
  const at = body + Math.floor(where * Math.max(1, bytes.length - body - 8))
  copy.fill(0x07, Math.min(at, bytes.length), Math.min(at + 8, bytes.length))
  return copy
}

/** A line of 20 kbit/s with 3 s there and back: a first download, then a full evening, and no request that gives up. */
const slowLine = (oracle: Oracle, { slowKnocks }: { slowKnocks: number }) =>
  withWire(oracle, async (scene, wire, phone) => {
    await phone.knock(slowKnocks)
    wire.become({ latencyMs: 1_500, bytesPerS: 2_500 })
    const startedAt = performance.now()
    await phone.drain(4)
    const s = Math.round((performance.now() - startedAt) / 1000)
    const sizes = phone.batches.filter((size) => size > 0)
    wire.become()
    return `${slowKnocks} knocks in ${s} s, batches of ${sizes.join(', ')}; ${await scene.settle()}`
  })

/** A line so bad that each connection is cut after a few kilobytes: the batch shrinks until one fits, then grows again. */
const shrinking = (oracle: Oracle) =>
  withWire(oracle, async (scene, wire, phone) => {
    await phone.drain()
    await phone.knock(400)
    phone.batches.length = 0
    let cycles = 0
    while ((await phone.waiting()) > 0) {
      must(++cycles < 60, `${await phone.waiting()} still wait: the batch does not shrink (${phone.batches.join()})`)
      wire.become({ cutUpAfter: 6_000 })
      await phone.sync()
    }
    wire.become()
    const sizes = phone.batches.filter((size) => size > 0)
    return `401 commands over connections of 6 kB, batches of ${sizes.join(', ')}; ${await scene.settle()}`
  })

/** The network comes and goes; the real schedule decides when to try. */
const flapping = (oracle: Oracle, { flappingS }: { flappingS: number }) =>
  withWire(oracle, async (scene, wire) => {
    const rng = seededRng(11)
    const schedules = scene.phones.map((phone) => {
      phone.seam.timer = {
        set(run, delayMs) {
          const timer = setTimeout(run, delayMs)
          return () => clearTimeout(timer)
        },
      }
      return new Schedule(phone.database, phone.seam, 'faults', () => {})
    })
    const endsAt = performance.now() + flappingS * 1_000
    let flaps = 0
    const turn = Promise.withResolvers<void>()
    const flap = () => {
      if (performance.now() > endsAt) return turn.resolve()
      flaps++
      wire.become(flaps % 2 === 1 ? { down: true } : { latencyMs: Math.floor(rng.next() * 40) })
      // The browser tells the page that it is online again; whether that is true is another matter.
      if (flaps % 2 === 0) for (const schedule of schedules) schedule.request()
      setTimeout(flap, 60 + rng.next() ** 2 * 900)
    }
    flap()
    const knocking = scene.phones.map(async (phone, at) => {
      while (performance.now() < endsAt) {
        await phone.knock(1)
        schedules[at]!.request()
        await waitUntil(() => rng.next() < 0.05 || performance.now() > endsAt, { withinMs: 60_000 })
      }
    })
    await Promise.all([turn.promise, ...knocking])
    wire.become()
    for (const schedule of schedules) schedule.request()
    const calmAt = performance.now()
    for (const phone of scene.phones) await waitUntil(async () => (await phone.waiting()) === 0, { withinMs: 60_000 })
    const calmMs = Math.round(performance.now() - calmAt)
    for (const schedule of schedules) schedule.stop()
    return `${flaps} turns in ${flappingS} s, empty ${calmMs} ms after the last; ${await scene.settle()}`
  })

export const networkFaults: readonly Fault[] = [
  { name: 'cut at every byte offset', run: cutEverywhere },
  { name: 'a captive portal’s pages', run: portal },
  { name: 'altered bodies', run: altered },
  { name: 'connections that never last', run: shrinking },
  { name: '20 kbit/s with 3 s round trips', alongside: true, run: slowLine },
  { name: 'flapping', alongside: true, run: flapping },
]
