// Builds the content packs of src/content from the tables in src/content/source.
//   node scripts/build-content.js           writes the packs
//   node scripts/build-content.js --check   fails when a committed pack differs from what the tables give
// The packs are committed, so that neither the phone nor the server needs pinyin-pro or a CSV reader at run time.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { pinyin } from 'pinyin-pro'

const sourceFolder = new URL('../src/content/source/', import.meta.url)
const packFolder = new URL('../src/content/', import.meta.url)

const packVersion = 1
const categories = ['kitchen', 'recyclable', 'hazardous', 'residual']

/** @param {string} name */
const readSource = (name) => readFileSync(new URL(name, sourceFolder), 'utf8')

/**
 * A table without quoted cells, as all of our tables are; a quote would be read wrongly, so it stops the build.
 * @param {string} name
 * @returns {Record<string, string>[]}
 */
function readTable(name) {
  const text = readSource(name)
  if (text.includes('"')) throw new Error(`${name}: quoted cells are not supported`)
  const [head = '', ...lines] = text.trim().split(/\r?\n/)
  const columns = head.split(',')
  return lines.map((line, index) => {
    const cells = line.split(',')
    if (cells.length !== columns.length) throw new Error(`${name}:${index + 2}: ${cells.length} cells`)
    return Object.fromEntries(columns.map((column, at) => [column, (cells[at] ?? '').trim()]))
  })
}

/**
 * As readTable, for the tables that came with quoted cells.
 * @param {string} name
 * @returns {Record<string, string>[]}
 */
function readQuotedTable(name) {
  /** @type {string[][]} */
  const rows = []
  for (const line of readSource(name).trim().split(/\r?\n/)) {
    const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)]
    rows.push(cells.map((cell) => (cell[1] ?? cell[2] ?? '').replaceAll('""', '"').trim()))
  }
  const [columns = [], ...body] = rows
  return body.map((cells, index) => {
    if (cells.length !== columns.length) throw new Error(`${name}:${index + 2}: ${cells.length} cells`)
    return Object.fromEntries(columns.map((column, at) => [column, cells[at] ?? '']))
  })
}

/** @param {string} cell */
const words = (cell) =>
  cell
    .split(/[;；]/)
    .map((word) => word.trim())
    .filter(Boolean)

/** @param {unknown} condition @param {string} complaint @returns {asserts condition} */
function must(condition, complaint) {
  if (!condition) throw new Error(complaint)
}

/** Gives every distinct text a number, so that a pack says it once. */
function numbering() {
  /** @type {string[]} */
  const list = []
  const numbers = new Map()
  return {
    list,
    /** @param {string} text @returns {number} */
    of(text) {
      const known = numbers.get(text)
      if (known !== undefined) return known
      numbers.set(text, list.length)
      list.push(text)
      return list.length - 1
    },
  }
}

const citationWords = new Map(readTable('citations.csv').map((row) => [row['code'] ?? '', row['words'] ?? '']))
const citationUrls = new Map(readTable('citations.csv').map((row) => [row['code'] ?? '', row['url'] ?? '']))

/** @param {string} code */
function wordsOfCode(code) {
  const known = citationWords.get(code)
  must(known, `citations.csv: no words for ${code}`)
  return known
}

/**
 * The plain words of one citation as the tables write it: `CODE`, `CODE(pages)`, `CODE[passage]`,
 * `rule[CODE:passage;CODE]`, several joined by `;`. `xcheck=…` counts other cities' tables and is no source.
 * @param {string} source
 */
function plainSource(source) {
  const parts = source.match(/[^;[(]+(?:\[[^\]]*\]|\([^)]*\))*[^;]*/g) ?? []
  return parts
    .map((part) => part.trim())
    .filter((part) => part && !part.startsWith('xcheck=') && part !== 'items.csv / GZ2019 指南规则')
    .concat(source === 'items.csv / GZ2019 指南规则' ? ['GZ2019 指南规则'] : [])
    .map((part) => {
      const rule = /^rule\[(.*)\]$/.exec(part)
      if (rule) {
        const named = (rule[1] ?? '').split(';').map((one) => {
          const [code = '', passage] = one.split(':')
          return wordsOfCode(code) + (passage ? `“${passage}”` : '')
        })
        return `按规则归类：${named.join('；')}`
      }
      const passage = /^([^[]*)\[(.*)\]$/.exec(part)
      if (passage) return `${wordsOfCode(passage[1] ?? '')}“${passage[2]}”`
      const pages = /^([^(]*)\((.*)\)$/.exec(part)
      if (pages) {
        const seen = (pages[2] ?? '').split('+').map(wordsOfCode)
        return `${wordsOfCode(pages[1] ?? '')}（${seen.join('、')}）`
      }
      return wordsOfCode(part)
    })
    .join('；')
}

/** What stays of a name when its remark in brackets is left out. @param {string} name */
const bareName = (name) => name.replace(/（.*?）/g, '')

/** The characters of a word that carry meaning: Han, Latin letters in lower case, digits. @param {string} word */
const meaningful = (word) =>
  word
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{Script=Han}a-z0-9]/gu, '')

/** @param {string} word one syllable per Han character, other characters as they are @returns {string[]} */
function syllablesOf(word) {
  return pinyin(word, { toneType: 'none', type: 'array', v: true }).map((syllable) => syllable.toLowerCase())
}

/** The 3,755 common characters of GB 2312 level 1, so that a mistyped character still has a sound. */
function commonCharacters() {
  const decoder = new TextDecoder('gb2312')
  let text = ''
  for (let row = 0xb0; row <= 0xd7; row += 1) {
    for (let cell = 0xa1; cell <= (row === 0xd7 ? 0xf9 : 0xfe); cell += 1)
      text += decoder.decode(Uint8Array.of(row, cell))
  }
  return text
}

/** @param {string[]} terms every word that the look-up can find, as `meaningful` gives it */
function soundsOf(terms) {
  const characters = new Set(commonCharacters() + terms.join(''))
  /** @type {Map<string, string>} */
  const soundOf = new Map()
  /** @type {Record<string, string>} */
  const syllables = {}
  for (const character of [...characters].sort()) {
    if (!/\p{Script=Han}/u.test(character)) continue
    const syllable = syllablesOf(character)[0] ?? ''
    if (!/^[a-z]+$/.test(syllable)) continue
    soundOf.set(character, syllable)
    syllables[syllable] = (syllables[syllable] ?? '') + character
  }
  /** @type {Record<string, string>} */
  const readings = {}
  for (const term of terms) {
    const spoken = syllablesOf(term).join(' ')
    const plain = [...term].map((character) => soundOf.get(character) ?? character).join(' ')
    if (spoken !== plain) readings[term] = spoken
  }
  const sorted = Object.fromEntries(Object.entries(syllables).sort(([a], [b]) => (a < b ? -1 : 1)))
  return { syllables: sorted, readings }
}

function traditionalPairs() {
  const pairs = new Map()
  for (const pair of readSource('traditional.txt').split(/\s+/)) {
    const [simplified, traditional] = [...pair]
    if (simplified && traditional && simplified !== traditional) pairs.set(traditional, simplified)
  }
  return [...pairs].map(([traditional, simplified]) => traditional + simplified).join('')
}

/** @returns {Record<string, unknown>} */
function buildItems() {
  const tips = numbering()
  const sources = numbering()
  const rows = readQuotedTable('items.csv')
  const items = rows.map((row) => {
    const category = categories.indexOf(row['category'] ?? '')
    must(category >= 0 && row['name'] && row['source'], `items.csv: ${JSON.stringify(row)}`)
    const aliases = words(row['aliases'] ?? '').join(';')
    const tricky = row['tricky'] === '1' ? 1 : 0
    return [row['name'], category, aliases, tips.of(row['tip'] ?? ''), tricky, sources.of(row['source'])]
  })
  const groups = readTable('groups.csv')
  const specialRows = [
    ...readQuotedTable('special.csv'),
    ...groups.map((row) => ({ ...row, group: row['name'] ?? '' })),
  ]
  const specials = specialRows.map((/** @type {Record<string, string>} */ row) => {
    must(row['name'] && row['group'] && row['handling'] && row['source'], `special.csv: ${JSON.stringify(row)}`)
    return [row['name'], row['group'], row['handling'], sources.of(row['source'])]
  })
  const names = new Set([...items, ...specials].map((row) => String(row[0])))
  must(names.size === items.length + specials.length, 'a name stands twice in items.csv and special.csv')
  const taken = new Set([...names, ...items.flatMap((row) => words(String(row[2])))])

  const ownWords = [
    ...readTable('cantonese.csv'),
    ...groups.flatMap((row) => words(row['words'] ?? '').map((word) => ({ word, name: row['name'] ?? '' }))),
  ]
  const cantonese = ownWords.map((/** @type {Record<string, string>} */ row) => {
    must(names.has(row['name'] ?? ''), `no item ${row['name']} for ${row['word']}`)
    must(!taken.has(row['word'] ?? ''), `${row['word']} is taken already`)
    taken.add(row['word'] ?? '')
    return [row['word'], row['name']]
  })
  const unlike = readTable('traps.csv').map((row) => {
    must(names.has(row['name'] ?? ''), `traps.csv: no item ${row['name']}`)
    must(names.has(row['unlike'] ?? ''), `traps.csv: no item ${row['unlike']}`)
    return [row['name'], row['unlike']]
  })
  const itemsOfDifference = new Map(readTable('difference-items.csv').map((row) => [row['difference'], row['names']]))
  const differences = readQuotedTable('city-differences.csv').map((row) => {
    const listed = itemsOfDifference.get(row['name'])
    must(listed !== undefined, `difference-items.csv: ${row['name']} is missing`)
    for (const name of words(listed)) must(names.has(name), `difference-items.csv: no item ${name}`)
    return [
      words(listed).join(';'),
      row['guangzhou'],
      row['elsewhere'],
      row['reason_guangzhou'],
      sources.of(row['source'] ?? ''),
    ]
  })

  const terms = new Set()
  for (const word of [...names, ...[...names].map(bareName), ...taken]) {
    for (const one of word.split(/[,，]/)) terms.add(meaningful(one))
    terms.add(meaningful(word))
  }
  const otherReadings = readTable('readings.csv').map((row) => [row['character'], row['readings']])
  return {
    version: packVersion,
    categories,
    items,
    specials,
    cantonese,
    unlike,
    differences,
    tips: tips.list,
    sources: sources.list.map((source) => [source, plainSource(source)]),
    ...soundsOf([...terms].sort()),
    otherReadings,
    traditional: traditionalPairs(),
    questionWords: JSON.parse(readSource('question-words.json')),
  }
}

/** @returns {Record<string, unknown>} */
function buildQuiz() {
  const sourceOf = new Map(readQuotedTable('quiz-sources.csv').map((row) => [row['id'], row['source'] ?? '']))
  const itemOf = new Map(readTable('quiz-items.csv').map((row) => [row['id'], row['item']]))
  const questions = readQuotedTable('quiz.csv').map((row) => {
    const source = sourceOf.get(row['id'])
    must(source, `quiz-sources.csv: ${row['id']} is missing`)
    const options = (row['options'] ?? '').split('|')
    must(options.includes(row['answer'] ?? ''), `quiz.csv: ${row['id']} is answered by none of its options`)
    const item = itemOf.get(row['id'])
    return {
      id: row['id'],
      kind: row['kind'],
      prompt: row['prompt'],
      options,
      answer: row['answer'],
      explanation: row['explanation'],
      difficulty: Number(row['difficulty']),
      topic: row['topic'],
      doorstep: row['doorstep'] === '1',
      source: plainSource(source),
      citation: source,
      ...(item ? { item } : {}),
    }
  })
  return { version: packVersion, questions }
}

/** @param {Record<string, unknown>} itemPack @returns {Record<string, unknown>} */
function buildRuleSets(itemPack) {
  const items = /** @type {[string, number, string, number, number, number][]} */ (itemPack['items'])
  const sources = /** @type {[string, string][]} */ (itemPack['sources'])
  /** @type {{ overridesByRule: { rule: string, category: string, tip: string, source: string }[], sources: string[] }[]} */
  const written = JSON.parse(readSource('rule-sets.json'))
  const ruleSets = written.map(({ overridesByRule, ...ruleSet }) => ({
    ...ruleSet,
    sources: ruleSet.sources.map((code) => {
      const bare = (/\((.*)\)/.exec(code)?.[1] ?? code).split('+')[0] ?? ''
      return { citation: code, words: plainSource(code), url: citationUrls.get(bare) ?? '' }
    }),
    overrides: overridesByRule.flatMap((override) => {
      const judged = items.filter((item) => sources[item[5]]?.[0].startsWith(override.rule))
      must(judged.length > 0, `rule-sets.json: no item stands on ${override.rule}`)
      return judged.map((item) => ({
        item: item[0],
        category: override.category,
        tip: override.tip,
        source: plainSource(override.source),
        citation: override.source,
      }))
    }),
  }))
  return { version: packVersion, ruleSets }
}

/**
 * One entry of a list per line, so that a change of one item is a change of one line.
 * @param {Record<string, unknown>} pack
 */
function packText(pack) {
  const parts = Object.entries(pack).map(([key, value]) => {
    if (!Array.isArray(value)) return `${JSON.stringify(key)}:${JSON.stringify(value)}`
    return `${JSON.stringify(key)}:[\n${value.map((entry) => JSON.stringify(entry)).join(',\n')}\n]`
  })
  return `{\n${parts.join(',\n')}\n}\n`
}

/** The text of every pack by its file name. */
export function buildPacks() {
  const items = buildItems()
  return {
    'items.json': packText(items),
    'quiz.json': packText(buildQuiz()),
    'ruleSets.json': packText(buildRuleSets(items)),
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let stale = 0
  for (const [name, text] of Object.entries(buildPacks())) {
    const file = new URL(name, packFolder)
    if (!process.argv.includes('--check')) writeFileSync(file, text)
    else if (readFileSync(file, 'utf8') !== text) {
      console.error(`${name} differs from its source tables: run node scripts/build-content.js`)
      stale += 1
    }
  }
  process.exitCode = stale > 0 ? 1 : 0
}
