import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { seededRng } from '../harness/world.ts'
import { readFileSync } from 'node:fs'
import { type Fault, must, mustFail } from './Fault.ts'
import { mustBeWhole, type Oracle } from './Oracle.ts'
import { rowsIn } from './Rows.ts'
import { inScene, type Reply, type Scene } from './Scene.ts'
import { plantedEnv } from './startPlanted.ts'
import { Wire } from './Wire.ts'

const AT_ONCE = 20
const HALF_SENT = 300
/** Little for a server whose largest request inflates to 2 MB. */
const LITTLE_MEMORY_MB = 72

async function sameAtOnce(scene: Scene, rounds: number): Promise<number> {
  const hand = scene.hand()
  let unlike = 0
  for (let round = 0; round < rounds; round++) {
    const commands = Array.from({ length: 5 }, (_, at) => scene.visit(hand, at))
    const replies = await Promise.all(Array.from({ length: AT_ONCE }, () => scene.push(hand, commands)))
    must(
      replies.every(({ status }) => status === 200),
      `answered ${replies.map(({ status }) => status).join()}`,
    )
    const plain = replies.map(({ body }) => JSON.stringify(body.answers?.map(({ again: _again, ...rest }) => rest)))
    if (new Set(plain).size > 1) unlike++
  }
  mustBeWhole(scene.oracle.findAll(await rowsIn(scene.quarter.dataDir)), 'after the repeats')
  must(unlike === 0, `${unlike} of ${rounds} were answered in more than one way`)
  return rounds * AT_ONCE
}

/** Every order in which four batches of one phone can arrive; what came too early is sent again in its order. */
async function reordered(scene: Scene): Promise<string> {
  let posts = 0
  let early = 0
  for (const order of permutations([0, 1, 2, 3])) {
    const hand = scene.hand()
    const batches = order.map(() => Array.from({ length: 3 }, (_, at) => scene.visit(hand, at)))
    const send = async (which: number): Promise<Reply> => {
      posts++
      const reply = await scene.push(hand, batches[which]!)
      must(reply.status === 200, `answered ${reply.status} ${reply.code}`)
      return reply
    }
    for (const which of order) if ((await send(which)).body.lane) early++
    for (const which of [...order].sort()) await send(which)
    const last = await send(3)
    must(last.body.lane === null && last.body.answers?.length === 3, 'the lane did not go on')
    const sent = batches.flat().map(({ id }) => id)
    must(
      sent.every((id) => scene.oracle.acknowledged.get(id)?.result === 'applied'),
      'a command was left out',
    )
  }
  return `24 orders of 4 batches, ${posts} posts, ${early} came too early; ${await scene.settle()}`
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]))
}

/** The answer is lost each time the first of it comes back, when everything is committed. */
async function answersLost(scene: Scene): Promise<string> {
  const wire = await Wire.to(scene.server.url)
  let lost = 0
  for (let round = 0; round < 25; round++) {
    for (const phone of scene.phones) {
      phone.url = wire.url
      await phone.knock(2)
      wire.become({ cutDownAfter: 1 })
      const trouble = await phone.sync()
      if (trouble && wire.down > 0) lost++
      wire.become()
      await phone.sync()
    }
  }
  await wire.close()
  must(lost >= 90, `only ${lost} answers were lost`)
  return `${lost} answers lost; ${await scene.settle()}`
}

/** Bodies that begin and do not end, beside a phone that works. */
async function halfSent(scene: Scene): Promise<string> {
  const before = JSON.stringify(await rowsIn(scene.quarter.dataDir))
  const hand = scene.hand()
  const body = gzipSync(JSON.stringify(hand.request([scene.visit(hand), scene.visit(hand, 1)])))
  const rng = seededRng(5)
  const { hostname, port } = new URL(scene.server.url)
  const head = [
    'POST /api/sync HTTP/1.1',
    `host: ${hostname}`,
    'content-type: application/json',
    'content-encoding: gzip',
    'x-qiaomen: 1',
    `cookie: qiaomen=${hand.cookie}`,
    `content-length: ${body.length}`,
  ]
  const hanging = []
  for (let nth = 0; nth < HALF_SENT; nth++) {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    const part = body.subarray(0, Math.floor(rng.next() * body.length))
    socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), part]))
    hanging.push(socket)
    if (nth % 3 === 0) socket.once('connect', () => socket.end())
    if (nth % 3 === 1) socket.once('connect', () => setTimeout(() => socket.resetAndDestroy(), 20))
  }
  const startedAt = performance.now()
  must((await scene.status('/healthz')) === 200, 'the server is not well')
  const answeredMs = Math.round(performance.now() - startedAt)
  must(JSON.stringify(await rowsIn(scene.quarter.dataDir)) === before, 'half a body changed something')
  await scene.phones[1]!.knock(5)
  await scene.phones[1]!.drain()
  for (const socket of hanging) socket.destroy()
  return `${HALF_SENT} bodies half sent, a third of them hanging; health in ${answeredMs} ms; ${await scene.settle()}`
}

const peakMb = (pid: number): number =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)

/** More than the server takes, of the largest kind it takes, with little memory, beside phones that work. */
async function flood(scene: Scene): Promise<string> {
  const hand = scene.hand(scene.quarter.officer)
  const large = gzipSync(JSON.stringify({ ...hand.request([]), padding: 'x'.repeat(2_000_000) }))
  const bomb = gzipSync(Buffer.alloc(60_000_000, 0x20))
  const gzip = { 'content-encoding': 'gzip' }
  const counts = new Map<string, number>()
  const sendOn = async (body: Buffer, times: number) => {
    for (let left = times; left > 0; left--) {
      const reply = await scene.post(hand.cookie, new Uint8Array(body), gzip)
      const said = `${reply.status} ${reply.code}`
      counts.set(said, (counts.get(said) ?? 0) + 1)
      if (reply.status === 429) must(Number(reply.retryAfter) > 0, 'a 429 says when to come again')
    }
  }
  const working = scene.phones.map(async (phone) => {
    for (let cycle = 0; cycle < 5; cycle++) {
      await phone.knock(2)
      const trouble = await phone.sync()
      must(trouble === null, `a phone that behaves was turned away: ${String(trouble)}`)
    }
  })
  const flooding = Array.from({ length: 32 }, (_, nth) => sendOn(nth % 2 === 0 ? large : bomb, 45))
  await Promise.all([...flooding, ...working])
  must((counts.get('429 too_many_requests') ?? 0) > 0, `nobody was asked to slow down: ${JSON.stringify([...counts])}`)
  const said = [...counts].map(([what, count]) => `${count} × ${what}`).join(', ')
  must((await scene.status('/healthz')) === 200, 'the server is not well')
  const peak = peakMb(scene.server.pid)
  return `${said}; heap of ${LITTLE_MEMORY_MB} MB, peak ${peak} MB resident; ${await scene.settle()}`
}

export const requestFaults: readonly Fault[] = [
  { name: 'answer lost after the commit', run: (oracle) => inScene(oracle, answersLost) },
  {
    name: 'the same POST 20 times at once',
    run: (oracle) => inScene(oracle, async (scene) => `${await sameAtOnce(scene, 20)} posts; ${await scene.settle()}`),
  },
  {
    name: 'control: a repeat that is applied again, planted, is caught',
    async run(oracle: Oracle) {
      const env = plantedEnv('a repeat is applied again')
      const error = await mustFail(
        () => inScene(oracle, async (scene) => String(await sameAtOnce(scene, 3)), env),
        'it',
      )
      must(/[1-9]\d* doubled/.test(error.message), error.message)
      return `caught: ${error.message}`
    },
  },
  { name: 'batches reordered', run: (oracle) => inScene(oracle, reordered) },
  { name: 'half-sent bodies', run: (oracle) => inScene(oracle, halfSent) },
  {
    name: 'a flood with little memory',
    run: (oracle) => inScene(oracle, flood, { NODE_OPTIONS: `--max-old-space-size=${LITTLE_MEMORY_MB}` }),
  },
]
