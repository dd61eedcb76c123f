import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

/** A fault planted in the product's source: a text that stands in a file exactly once, and what stands there instead. */
export interface Edit {
  file: string
  find: string
  put: string
}

/**
 * Changes source as Node loads it, and nowhere else. An edit whose text does not stand in its file exactly once throws,
 * so that a defect cannot quietly become no defect at all. Call it before the product is imported.
 */
export function plantEdits(edits: readonly Edit[]): void {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const here = edits.filter(({ file }) => url.startsWith('file:') && fileURLToPath(url).endsWith(`/${file}`))
      if (here.length === 0) return loaded
      let source =
        typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString()
      for (const { file, find, put } of here) {
        if (source.split(find).length !== 2) throw new Error(`"${find}" does not stand once in ${file}`)
        source = source.replace(find, () => put)
      }
      return { ...loaded, source }
    },
  })
}
