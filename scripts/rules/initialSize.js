/**
 * The JavaScript files that belong to a start: the given entries and everything they import statically.
 * @param {Record<string, { file: string, imports?: string[] }>} manifest Vite's
 * @param {string[]} entries keys of the manifest
 * @returns {string[]} files, each once
 */
export function initialFiles(manifest, entries) {
  const seen = new Set()
  const queue = [...entries]
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    const chunk = manifest[key]
    if (!chunk || seen.has(chunk.file)) continue
    seen.add(chunk.file)
    queue.push(...(chunk.imports ?? []))
  }
  return [...seen].filter((file) => file.endsWith('.js')).sort()
}

const growthKb = 1

/**
 * What is wrong with a measured size.
 * @param {number} kb
 * @param {{ limitKb: number, answeredFor: { kb: number, note: string } }} budget
 * @returns {string[]}
 */
export function sizeFaults(kb, { limitKb, answeredFor }) {
  const faults = []
  if (kb > limitKb) faults.push(`the first start costs ${kb} kB, the budget is ${limitKb} kB`)
  if (kb > answeredFor.kb + growthKb)
    faults.push(`grown from ${answeredFor.kb} to ${kb} kB: write the new figure and why into size-budget.json`)
  return faults
}
