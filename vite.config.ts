import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

/**
 * Browsers that volunteers' phones really have, Chrome 87 and Safari 14: syntax only, what is missing at run time comes
 * from polyfills.ts. The compiler takes `?.` for new in Chrome 91, because the ones before evaluate the arguments of
 * `f?.(...list)` even where there is no `f`; nothing here rests on that, and without `?.` the app is 1 kB larger.
 */
const oldestBrowsers = ['chrome91', 'safari14']

/** The server that `npm run dev` started; nothing is proxied without it. */
const api = process.env.DEV_API_URL

/**
 * The app opens its databases with `cache: 'disabled'`; then this part of Dexie hands everything through. Leaving it out
 * saves 1.6 kB and a handful of listeners on every transaction. The unit tests run on the package as it is, the browser
 * journeys on this.
 */
const withoutQueryCache: Plugin = {
  name: 'dexie-without-query-cache',
  transform: {
    filter: { id: /[/]dexie[/]dist[/]modern[/]dexie[.]mjs$/ },
    handler(code) {
      const middleware =
        /^const cacheMiddleware = \{\n {4}stack: 'dbcore',\n {4}level: 0,\n {4}name: 'Cache',\n[^]*?^\};$/m
      if (!middleware.test(code)) throw new Error('this Dexie has another query cache than the one that is left out')
      const handsThrough =
        "const cacheMiddleware = { stack: 'dbcore', level: 0, name: 'Cache', create: (core) => core };"
      return { code: code.replace(middleware, handsThrough), map: null }
    },
  },
}

/**
 * Everything that the first screens import statically becomes one file: it is needed together, and compresses together
 * 5 kB smaller than the dozen files that lazy screens would otherwise have it cut into.
 */
function startGroup(
  id: string,
  graph: { getModuleInfo(id: string): { importers: string[]; isEntry: boolean } | null },
) {
  const seen = new Set<string>()
  const queue = [id]
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (seen.has(at)) continue
    seen.add(at)
    const module = graph.getModuleInfo(at)
    if (module?.isEntry) return 'start'
    queue.push(...(module?.importers ?? []))
  }
  return null
}

export default defineConfig({
  plugins: [
    vue(),
    withoutQueryCache,
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/service-worker',
      filename: 'sw.ts',
      injectRegister: false,
      // The manifest is our own file in public/, so that its Chinese is read and translated like any other text.
      manifest: false,
      injectManifest: {
        globPatterns: ['**/*.{html,js,css,svg,png,webmanifest,woff2,json}'],
        // The large icons are fetched once, by the installation itself.
        globIgnores: ['.vite/**', 'icons/*512*', 'icons/icon-maskable.svg'],
        maximumFileSizeToCacheInBytes: 4 * 1024 * 1024,
        target: oldestBrowsers,
        // A classic script: Safari 14 knows no module workers.
        rollupFormat: 'iife',
      },
    }),
  ],
  resolve: {
    // The package's own entry is a wrapper that pulls in the UMD build beside the module.
    alias: { dexie: fileURLToPath(new URL('node_modules/dexie/dist/modern/dexie.mjs', import.meta.url)) },
  },
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  },
  server: api === undefined ? {} : { proxy: { '/api': { target: api } } },
  build: {
    target: oldestBrowsers,
    manifest: true,
    sourcemap: false,
    assetsInlineLimit: 0,
    // After the first visit everything lies on the phone: hints what to preload would only make the first download larger,
    // and their polyfill is an inline script in some builds, which the content security policy does not allow.
    modulePreload: false,
    // One sheet of 13 kB instead of a list in the first script of which screen needs which.
    cssCodeSplit: false,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: startGroup }] } } },
  },
})
