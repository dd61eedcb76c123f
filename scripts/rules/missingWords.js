/**
 * Exported records and commands that the glossary does not know.
 * @param {{ name: string, text: string }[]} sources files of src/domain/records and src/domain/commands
 * @param {string} glossary its table: Chinese | English | meaning | not to be confused with
 * @returns {string[]} one sentence per fault
 */
export function missingWords(sources, glossary) {
  const rows = glossary.split('\n').filter((line) => line.startsWith('|'))
  const known = new Set(rows.filter((line) => /[\u3400-\u9fff]/.test(line.split('|')[1] ?? '')).flatMap(codeWords))
  return sources.flatMap(({ name, text }) =>
    definitions(text)
      .filter((word) => !known.has(word))
      .map((word) => `${name}: \`${word}\` has no row in src/domain/GLOSSARY.md`),
  )
}

/** @param {string} row */
function codeWords(row) {
  return [...(row.split('|')[2] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1])
}

/**
 * The names that a file gives to a record, a command or a verb.
 * @param {string} text
 */
function definitions(text) {
  return [...text.matchAll(/^export const (\w+) = (?:kind|command)\b/gm)].map((match) => match[1])
}
