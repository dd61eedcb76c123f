import { describe, expect, test } from 'vitest'
import { badNames } from '../../scripts/rules/badNames.js'
import { countReport } from '../../scripts/rules/countReport.js'
import { foreignWords } from '../../scripts/rules/foreignWords.js'
import { initialFiles, sizeFaults } from '../../scripts/rules/initialSize.js'
import { missingWords } from '../../scripts/rules/missingWords.js'

describe('file names', () => {
  const empty = [
    'src/domain/utils/round.ts',
    'src/domain/dateUtils.ts',
    'src/app/helpers.ts',
    'src/sync/queueHelper.ts',
    'sync-server/services/mail.ts',
    'src/domain/common.ts',
    'src/db/DatabaseManager.ts',
    'src/db/manager/open.ts',
    'src/content/data/items.ts',
    'src/domain/records/index.ts',
  ]
  test.for(empty)('%s says nothing', (file) => {
    expect(badNames([file])).toHaveLength(1)
  })

  test('names that say something pass', () => {
    const good = [
      'src/features/service/record.ts',
      'src/domain/dataAge.ts',
      'index.html',
      'src/features/manage/Invite.vue',
    ]
    expect(badNames(good)).toEqual([])
  })
})

describe('glossary', () => {
  const glossary =
    '| 中文 | English | meaning |\n|---|---|---|\n| 敲门记录 | `visit`, `recordVisit` | one knock |\n| | `wish` | |\n'

  test('a record without a row is named', () => {
    const sources = [{ name: 'src/domain/records/lease.ts', text: "export const lease = kind({\n  kind: 'lease' })" }]
    expect(missingWords(sources, glossary)).toEqual([
      'src/domain/records/lease.ts: `lease` has no row in src/domain/GLOSSARY.md',
    ])
  })

  test('a command without a row is named', () => {
    const sources = [{ name: 'src/domain/commands/claimWish.ts', text: 'export const claimWish = command({})' }]
    expect(missingWords(sources, glossary)).toHaveLength(1)
  })

  test('a row without its Chinese word does not count', () => {
    const sources = [{ name: 'src/domain/records/wish.ts', text: 'export const wish = kind({})' }]
    expect(missingWords(sources, glossary)).toHaveLength(1)
  })

  test('what has its row passes', () => {
    const sources = [
      { name: 'src/domain/records/visit.ts', text: 'export const visit = kind({})' },
      { name: 'src/domain/commands/recordVisit.ts', text: 'export const recordVisit = command({})' },
    ]
    expect(missingWords(sources, glossary)).toEqual([])
  })
})

describe('product only', () => {
  const foreign = [
    ['a home folder', ['', 'home', 'somebody', 'qiaomen'].join('/')],
    ['a folder of one machine', ['', 'wo' + 'rk', 'main'].join('/')],
    ['a package host', ['https://regi' + 'stry', 'npmjs', 'org/vue'].join('.')],
  ] as const
  test.for(foreign)('%s is named', ([, text]) => {
    expect(foreignWords('README.md', `first line\n${text}`)).toHaveLength(1)
  })

  test('paths of the product pass', () => {
    expect(foreignWords('README.md', '/api/sync and ./data and src/work/main and /usr/bin/chromium')).toEqual([])
  })
})

describe('size budget', () => {
  const manifest = {
    'index.html': { file: 'a.js', imports: ['_shared.js'] },
    '_shared.js': { file: 'shared.js', imports: ['index.html'] },
    'home.vue': { file: 'home.js', imports: ['_shared.js'] },
    'manage.vue': { file: 'manage.js', imports: ['_shared.js'] },
  }

  test('the start is the entry, the routes and what they import, each once', () => {
    expect(initialFiles(manifest, ['index.html', 'home.vue'])).toEqual(['a.js', 'home.js', 'shared.js'])
  })

  test('over the limit fails, and so does growth that nobody answered for', () => {
    const budget = { limitKb: 110, answeredFor: { kb: 100, note: '' } }
    expect(sizeFaults(100.9, budget)).toEqual([])
    expect(sizeFaults(101.2, budget)).toHaveLength(1)
    expect(sizeFaults(111, budget)).toHaveLength(2)
  })
})

describe('the count at the end of npm test', () => {
  const file = { status: 'passed', assertionResults: [{ status: 'passed' }, { status: 'passed' }] }

  test('adds up what ran', () => {
    const report = { numPassedTests: 2, numTotalTests: 2, testResults: [file] }
    expect(countReport(report, true)).toEqual({ passed: 2, failed: 0 })
  })

  test('a test that was left out counts as failed', () => {
    const report = { numPassedTests: 1, numTotalTests: 2, testResults: [file] }
    expect(countReport(report, true)).toEqual({ passed: 1, failed: 1 })
  })

  test('a file that could not be read counts as failed', () => {
    const broken = { status: 'failed', assertionResults: [] }
    const report = { numPassedTests: 2, numTotalTests: 2, testResults: [file, broken] }
    expect(countReport(report, false)).toEqual({ passed: 2, failed: 1 })
  })

  test('a clean-up that fails after tests that passed counts as failed', () => {
    const untidy = { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'passed' }] }
    const report = { numPassedTests: 2, numTotalTests: 2, testResults: [untidy] }
    expect(countReport(report, false)).toEqual({ passed: 2, failed: 1 })
  })

  test('an error outside of any test counts as failed', () => {
    const report = { numPassedTests: 2, numTotalTests: 2, testResults: [file] }
    expect(countReport(report, false)).toEqual({ passed: 2, failed: 1 })
  })

  test('a run that left no report counts as failed', () => {
    expect(countReport(undefined, true)).toEqual({ passed: 0, failed: 1 })
  })
})
