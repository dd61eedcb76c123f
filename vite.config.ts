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
 * Parts of Dexie that hand everything through here: the query cache (databases are opened with `cache: 'disabled'`), table
 * hooks (there are none) and virtual indexes (every index is asked for by its whole name). Leaving them out saves 3 kB and
 * a layer or two on every request. The unit tests run on the package as it is, the browser journeys on this.
 */
const unusedLayers = ['cacheMiddleware', 'hooksMiddleware', 'virtualIndexMiddleware']
const leanDexie: Plugin = {
  name: 'lean-dexie',
  transform: {
    filter: { id: /[/]dexie[/]dist[/]modern[/]dexie[.]mjs$/ },
    handler(source) {
      let code = source
      for (const layer of unusedLayers) {
        const definition = new RegExp(`^const ${layer} = (\\{\n {4}stack: 'dbcore',[^]*?^\\});$`, 'm')
        const found = definition.exec(code)
        if (!found) throw new Error(`this Dexie has no ${layer} of the kind that is left out`)
        const head = /name: '\w+'/.exec(found[0])![0]
        const level = /level: \d/.exec(found[0])![0]
        const handsThrough = `const ${layer} = { stack: 'dbcore', ${head}, ${level}, create: (core) => core };`
        code = code.replace(found[0], handsThrough)
      }
      return { code, map: null }
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
    leanDexie,
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
