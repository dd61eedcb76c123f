import { mineMessages } from '../../src/messages/mine.ts'
import { launchPrivately } from '../harness/launchPhone.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { must, type Fault } from './Fault.ts'
import { phoneScene, StairPhone } from './phoneScene.ts'

/** The third member's window is closed with this much in it. */
const LEFT = 1

/**
 * A private window keeps nothing beyond itself. While it is open everything works, without signal and over a reload; where
 * storage is explained stands what it cannot do; and a new one knows nobody.
 */
async function privateWindow(): Promise<string> {
  const scene = await phoneScene()
  const browser = await launchPrivately()
  try {
    const context = await browser.open()
    const phone = new StairPhone(context, await context.newPage())
    await phone.page.goto(`${scene.url}/enter#${await scene.link(2)}`)
    await phone.says('已同步')
    await waitUntil(() => phone.page.evaluate(() => navigator.serviceWorker.controller !== null), {
      what: 'the worker',
    })
    await phone.goKnocking()
    await context.setOffline(true)
    for (const label of ['101', '102']) await phone.knock(label)
    // The evening begins with the first knock, and is a saved thing as well.
    await phone.says('离线，3 条待上传')
    await phone.page.reload()
    await phone.says('离线，3 条待上传')
    await context.setOffline(false)
    await phone.says('已同步')
    await phone.page.goto(`${scene.url}/mine`)
    await phone.sees(mineMessages.notKept)
    must(mineMessages.notKept.includes('无痕窗口一关'), 'nothing says what closing a private window takes away')
    must((await phone.page.getByText(mineMessages.kept).count()) === 0, 'it claims that the browser keeps these data')
    const persisted = await phone.page.evaluate(() => navigator.storage.persisted())
    must(!persisted, 'this window keeps its data: it is not a private one')
    await phone.page.goto(scene.url)
    await phone.goKnocking()
    await context.setOffline(true)
    await phone.knock('201')
    await phone.says(`离线，${LEFT} 条待上传`)
    await context.close()
    const anew = await browser.open()
    const page = await anew.newPage()
    await page.goto(scene.url)
    const left = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))
    must(!left.some((name) => name?.startsWith('qiaomen.')), 'a private window found what another one had stored')
    return `works offline and over a reload, says that nothing outlives it; ${LEFT} unsent went with the window`
  } finally {
    await browser.close()
  }
}

export const privateWindowFaults: readonly Fault[] = [{ name: 'a private window', run: privateWindow }]
