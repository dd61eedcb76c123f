import { updateMessages } from '../messages/update.ts'
import { updateOffer } from './updateOffer.ts'

interface TrustedTypesFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown }
}

/** The one script URL this app ever makes: its worker, whose name never changes. */
function workerUrl(): string {
  const factory = (window as { trustedTypes?: TrustedTypesFactory }).trustedTypes
  if (!factory) return '/sw.js'
  const createScriptURL = (url: string) => {
    if (url !== '/sw.js') throw new TypeError('this app runs no other worker')
    return url
  }
  return factory.createPolicy('qiaomen', { createScriptURL }).createScriptURL('/sw.js') as string
}

/** Registers the worker that keeps the shell on the phone, and notices when a newer one waits. */
export async function registerWorker(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  const workers = navigator.serviceWorker
  let isControlled = workers.controller !== null
  let isAccepted = false
  const registration = await workers.register(workerUrl(), { updateViaCache: 'none' })
  const notice = () => {
    const { waiting } = registration
    if (!waiting || !workers.controller) return
    const act = () => {
      isAccepted = true
      takeOver(waiting)
    }
    updateOffer.value = { text: updateMessages.ready, action: updateMessages.update, act }
  }
  notice()
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', notice)
  })
  workers.addEventListener('controllerchange', () => {
    const isFirst = !isControlled
    isControlled = true
    // The first worker takes over a page that is already the right one.
    if (isFirst) return
    if (isAccepted) location.reload()
    // Accepted in another window: somebody may be writing in this one.
    else updateOffer.value = { text: updateMessages.elsewhere, action: updateMessages.startAgain, act: startAgain }
  })
}

function startAgain(): void {
  location.reload()
}

/** How long a new version is given to take over before it is asked again, ms. */
const ASK_AGAIN_MS = 1_000

/**
 * The person agreed: the new version takes over, and the page starts again with it. Chromium may leave it waiting when a
 * request of the page meets that moment, so it is asked until it has.
 */
function takeOver(worker: ServiceWorker): void {
  if (worker.state !== 'installed') return
  worker.postMessage({ type: 'SKIP_WAITING' })
  setTimeout(() => takeOver(worker), ASK_AGAIN_MS)
}
