import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrowserContext } from 'playwright'
import { touchOf } from './finger.ts'
import type { TapTimes } from './tapProbe.ts'

type FloorTimes = Pick<TapTimes, 'heard' | 'saved' | 'painted'>

/**
 * What no app can go below here and now: a button on an empty page whose tap puts one small row strictly and then writes
 * a word, in the same browser under the same throttle.
 */
export async function measureFloor(context: BrowserContext, slowdown: number, taps: number): Promise<FloorTimes[]> {
  const blank = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html>'),
  )
  await new Promise<void>((resolve) => blank.listen(0, '127.0.0.1', resolve))
  const page = await context.newPage()
  try {
    await page.goto(`http://127.0.0.1:${(blank.address() as AddressInfo).port}/`)
    await page.evaluate(prepareFloor)
    const protocol = await context.newCDPSession(page)
    await protocol.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
    const touch = touchOf(page, protocol)
    const box = await page.getByRole('button').boundingBox()
    const times: FloorTimes[] = []
    for (let n = 0; n < taps; n++) {
      const ended = page.evaluate(() => (window as unknown as { nextFloor(): Promise<FloorTimes> }).nextFloor())
      await touch(box!.x + 5, box!.y + 5)
      times.push(await ended)
    }
    return times
  } finally {
    await page.close()
    blank.closeAllConnections()
    blank.close()
  }
}

/** Runs in the page, so it must stand alone. */
async function prepareFloor(): Promise<void> {
  let ended: (times: FloorTimes) => void = () => {}
  Object.assign(window, { nextFloor: () => new Promise<FloorTimes>((resolve) => (ended = resolve)) })
  const opening = indexedDB.open('floor', 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore('rows', { autoIncrement: true })
  await new Promise((resolve) => (opening.onsuccess = resolve))
  const button = document.body.appendChild(document.createElement('button'))
  button.textContent = 'tap'
  let at = 0
  let heard = 0
  document.addEventListener(
    'pointerup',
    ({ timeStamp }) => {
      at = timeStamp
      heard = performance.now() - at
    },
    true,
  )
  button.addEventListener('click', () => {
    const transaction = opening.result.transaction('rows', 'readwrite', { durability: 'strict' })
    transaction.objectStore('rows').add({ at, label: '801', outcome: 'met' })
    transaction.addEventListener('complete', () => {
      const saved = performance.now() - at
      button.textContent = `tap ${Math.round(saved)}`
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => ended({ heard, saved, painted: performance.now() - at })
        port2.postMessage(null)
      })
    })
  })
}
