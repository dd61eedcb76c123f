/**
 * The way back from a bad release of the worker: served in place of /sw.js it removes the cached app files and itself,
 * and lets every open page load again from the network. It leaves IndexedDB alone, because unsent work lies there.
 * Plain JavaScript that no build touches; docs/operating.md tells when and how to use it.
 */
self.addEventListener('install', () => self.skipWaiting())

self.addEventListener('activate', (event) => event.waitUntil(stepAside()))

async function stepAside() {
  for (const name of await caches.keys()) await caches.delete(name)
  await self.registration.unregister()
  for (const page of await self.clients.matchAll({ type: 'window', includeUncontrolled: true })) {
    // A page that may not be steered from here (another worker's, or just closing) loads the new app next time.
    await page.navigate(page.url).catch(() => undefined)
  }
}
