import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

/** Browsers that volunteers' phones really have: syntax only, what is missing at run time comes from polyfills.ts. */
const oldestBrowsers = ['chrome87', 'safari14']

/** The server that `npm run dev` started; nothing is proxied without it. */
const api = process.env.DEV_API_URL

export default defineConfig({
  plugins: [
    vue(),
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
  },
})
