import { readFileSync } from 'node:fs'
import writeExcelFile from 'write-excel-file/node'
import { describe, expect, it } from 'vitest'
import { storeZip } from '../../../src/domain/roster/zipArchive.ts'
import { readRoster } from '../../../src/domain/roster/readRoster.ts'
import { readLedger as readInBrowser } from '../../../src/features/manage/readLedger.ts'
import { dryRunRoster } from '../../../sync-server/operator/importRoster.ts'
import { readLedger } from '../../../sync-server/operator/readLedger.ts'
import { zipOf } from '../../factories/ledgers/zipOf.ts'

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/roster/${name}`, import.meta.url))
const lines = (name: string) =>
  fixture(name)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trim()
    .split(/\r?\n/)
    .slice(1)
const KINDS = { home: '住宅', shop: '商铺', office: '办公', other: '非住宅' } as const
const bytesOf = (text: string) => new TextEncoder().encode(text)

describe('the samples of the contract', () => {
  it.each(['roster-messy-utf8bom.csv', 'roster-messy-gb18030.csv'])(
    '%s gives the expected doors, two questions and the told skips',
    async (name) => {
      const run = await dryRunRoster(fixture(name), name)
      const doors = run.doors.map(({ building, stairwell, floor, label, kind }) =>
        [building, stairwell, floor, label, KINDS[kind]].join(','),
      )
      expect(doors.sort()).toEqual(lines('roster-messy-expected.csv').sort())
      expect(new Set(run.doors.map((door) => door.estate))).toEqual(new Set(['华兴苑']))
      expect(run.questions).toEqual([
        { row: 23, value: '3月2日', ask: expect.stringContaining('3-2') as string },
        { row: 27, value: '4', ask: expect.stringContaining('04铺') as string },
      ])
      expect(run.skipped.map(({ row }) => row)).toEqual([14, 17, 28, 36, 37, 38])
      expect(run.skipped.find(({ row }) => row === 17)?.why).toContain('第 16 行')
      expect(run.ignoredColumns).toEqual(['户主姓名', '联系电话', '常住人数'])
      expect(Object.keys(run)).toEqual(['doors', 'questions', 'skipped', 'ignoredColumns'])
    },
  )

  it('roster-sample.csv gives its 416 doors and asks nothing', async () => {
    const run = await dryRunRoster(fixture('roster-sample.csv'), 'roster-sample.csv')
    const doors = run.doors.map(({ estate, building, stairwell, floor, label, kind }) =>
      [estate, building, stairwell, floor, label, KINDS[kind]].join(','),
    )
    expect(doors).toEqual(lines('roster-sample.csv').map((line) => line.split(',').slice(0, 6).join(',')))
    expect([doors.length, run.questions, run.skipped, run.ignoredColumns]).toEqual([416, [], [], []])
  })
})

type Cells = NonNullable<Parameters<typeof writeExcelFile>[0]>
const workbook = async (sheets: { sheet: string; data: unknown[][] }[]): Promise<Uint8Array> =>
  new Uint8Array(await writeExcelFile(sheets as unknown as Cells).toBuffer())

const cell = (value: string | number, more: object = {}) => ({ value, ...more })
const merged = () =>
  workbook([
    {
      sheet: '1栋',
      data: [
        [cell('翠湖花园小区房号台账', { columnSpan: 6 }), null, null, null, null, null],
        [
          cell('楼栋', { rowSpan: 2 }),
          cell('位置', { columnSpan: 3 }),
          null,
          null,
          cell('住户信息', { columnSpan: 2 }),
          null,
        ],
        [null, cell('单元'), cell('楼层'), cell('房号'), cell('姓名'), cell('备注')],
        [
          cell('1栋', { rowSpan: 4 }),
          cell('A梯', { rowSpan: 3 }),
          cell('2层', { rowSpan: 2 }),
          cell(201),
          cell('张三'),
          cell('空置'),
        ],
        [null, null, null, cell(202), cell('李四'), null],
        [null, null, cell('3层'), cell(301), null, null],
        [null, cell('B梯'), cell('2层'), cell('201室'), null, null],
        [null, null, null, null, null, null],
        [cell('2栋'), null, cell('首层'), cell('01铺'), null, null],
        [
          cell('2栋'),
          cell('1梯'),
          cell(3),
          { value: new Date(Date.UTC(2019, 2, 2)), format: 'm"月"d"日"' },
          null,
          null,
        ],
        [cell('合计'), null, null, cell('5户'), null, null],
      ],
    },
    {
      sheet: '3栋',
      data: [
        [cell('单元'), cell('房号')],
        [cell('1单元'), cell('101-103')],
      ],
    },
  ])

describe('xlsx', () => {
  it.each([
    ['on the server', readLedger],
    ['in the browser', readInBrowser],
  ])('with merged cells, numbers, dates and two sheets, read %s', async (_, read) => {
    const reading = readRoster(await read(await merged(), '台账.xlsx'))
    expect(
      reading.doors.map((door) =>
        [door.row, door.estate, door.building, door.stairwell, door.floor, door.label, door.kind].join(' '),
      ),
    ).toEqual([
      '4 翠湖花园 1栋 A梯 2 201 home',
      '5 翠湖花园 1栋 A梯 2 202 home',
      '6 翠湖花园 1栋 A梯 3 301 home',
      '7 翠湖花园 1栋 B梯 2 201 home',
      '9 翠湖花园 2栋  首层 01铺 shop',
      '2 翠湖花园 3栋 1单元 1 101 home',
      '2 翠湖花园 3栋 1单元 1 102 home',
      '2 翠湖花园 3栋 1单元 1 103 home',
    ])
    expect(reading.questions.map(({ row, value, sheet }) => [row, value, sheet])).toEqual([[10, '3月2日', '1栋']])
    expect(reading.skipped.map(({ row, why }) => [row, why.code])).toEqual([[11, 'total']])
    expect(reading.ignoredColumns).toEqual(['姓名', '备注'])
    expect(JSON.stringify(reading)).not.toMatch(/张三|李四/)
  })

  it('without any merge: the top-left cell of what was merged is filled down', async () => {
    const data = [
      ['楼栋', '单元', '房号'],
      ['1栋', '1单元', 101],
      [null, null, 102],
      [null, '2单元', 101],
      ['2栋', '1单元', 101],
    ]
    const bytes = await workbook([
      { sheet: 'Sheet1', data: data.map((row) => row.map((value) => (value === null ? null : cell(value)))) },
    ])
    const reading = readRoster(await readLedger(bytes, 'a.xlsx'))
    expect(reading.doors.map((door) => [door.building, door.stairwell, door.label].join(' '))).toEqual([
      '1栋 1单元 101',
      '1栋 1单元 102',
      '1栋 2单元 101',
      '2栋 1单元 101',
    ])
  })
})

describe('text files', () => {
  const text = '楼栋,房号,备注\r\n1栋,101,"空置\r\n待租"\r\n\r\n1栋,3月2日,\r\n'
  const utf16 = (mark: number[], swap: boolean) => {
    const units = [...text].flatMap((char) => [char.charCodeAt(0) & 0xff, char.charCodeAt(0) >> 8])
    const bytes = swap ? units.map((_, index) => units[index ^ 1] ?? 0) : units
    return new Uint8Array([...mark, ...bytes])
  }
  it.each([
    ['UTF-8', bytesOf(text)],
    ['UTF-8 with a mark', bytesOf(`\ufeff${text}`)],
    ['UTF-16LE', utf16([0xff, 0xfe], false)],
    ['UTF-16BE', utf16([0xfe, 0xff], true)],
    ['Unix line ends', bytesOf(text.replaceAll('\r', ''))],
    ['old Mac line ends', bytesOf(text.replaceAll('\r\n', '\r'))],
  ])('%s: rows keep their physical line behind a cell of two lines and a blank one', async (_, bytes) => {
    const reading = readRoster(await readLedger(bytes, 'a.csv'))
    expect(reading.doors.map(({ row, label, note }) => [row, label, note])).toEqual([
      [2, '101', '空置 待租'.replace(' ', '')],
    ])
    expect(reading.questions.map(({ row }) => row)).toEqual([5])
  })

  it.each([';', '\t', '|'])('delimiter %j', async (delimiter) => {
    const reading = readRoster(
      await readLedger(
        bytesOf(['楼栋', '单元', '房号'].join(delimiter) + '\n' + ['1栋', '1梯', '101、102'].join(delimiter)),
        'a.txt',
      ),
    )
    expect(reading.doors).toHaveLength(2)
  })

  it('a lone quote does not swallow the rest', async () => {
    const reading = readRoster(
      await readLedger(bytesOf('楼栋,房号,备注\n1栋,101,"空置\n1栋,102,\n1栋,103,\n'), 'a.csv'),
    )
    expect(reading.doors.map((door) => door.label)).toEqual(['101', '102', '103'])
  })
})

const book = '<workbook xmlns:r="r"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>'
const rels =
  '<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
const sheet = (rows: string) => `<worksheet><sheetData>${rows}</sheetData></worksheet>`
const xlsx = (rows: string, more: Record<string, string> = {}) => ({
  'xl/workbook.xml': book,
  'xl/_rels/workbook.xml.rels': rels,
  'xl/worksheets/sheet1.xml': sheet(rows),
  ...more,
})
const text = (value: string) => `<c r="A1" t="inlineStr"><is><t>${value}</t></is></c>`

describe('files that are refused, with a code and nothing else', () => {
  const giant = `${'<!-- -->'.repeat(1_000_000)}`
  const cases: [string, string, Uint8Array, string?][] = [
    ['ledger_empty', 'no bytes', new Uint8Array()],
    ['ledger_empty', 'blanks only', bytesOf('\ufeff \r\n ')],
    ['ledger_too_large', '21 MiB', new Uint8Array(21 * 1024 * 1024).fill(0x61)],
    ['ledger_too_many_rows', '50,001 lines', bytesOf('1栋,101\n'.repeat(50_001))],
    ['ledger_not_a_table', 'a picture', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13, 1, 0, 0])],
    ['ledger_not_a_table', 'a PDF', bytesOf('%PDF-1.7 x')],
    ['ledger_not_a_table', 'a web page named .xls', bytesOf('<html><table><tr><td>1</td></tr></table></html>')],
    ['ledger_bad_encoding', 'no encoding at all', new Uint8Array([0xff, 0x41, 0xff, 0xff, 0x0a])],
    [
      'ledger_old_format',
      'an old .xls',
      new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ...new Array<number>(600).fill(1)]),
    ],
    [
      'ledger_encrypted',
      'an encrypted .xlsx',
      new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 1, 1, ...Buffer.from('EncryptedPackage', 'utf16le'), 1]),
    ],
    ['ledger_damaged', 'half a zip', zipOf(xlsx('')).subarray(0, 60)],
    ['ledger_not_a_table', 'a document of words', zipOf({ 'word/document.xml': '<w/>' })],
    ['ledger_bad_path', 'a name that leaves the archive', zipOf(xlsx('', { '../../etc/passwd': 'x' }))],
    ['ledger_bad_path', 'an absolute name', zipOf(xlsx('', { '/etc/passwd': 'x' }))],
    ['ledger_macros', 'a macro inside', zipOf(xlsx('', { 'xl/vbaProject.bin': 'x' }))],
    ['ledger_macros', 'a macro by its name', zipOf(xlsx('')), 'a.xlsm'],
    [
      'ledger_macros',
      'a macro by its content type',
      zipOf(
        xlsx('', { '[Content_Types].xml': '<t ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/>' }),
      ),
    ],
    [
      'ledger_entities',
      'entities',
      zipOf(xlsx('', { 'xl/sharedStrings.xml': '<!DOCTYPE x [<!ENTITY a "aa">]><sst>&a;</sst>' })),
    ],
    ['ledger_bomb', 'a directory that says 70 MiB', zipOf(xlsx(''), 24 * 1024 * 1024)],
    [
      'ledger_damaged',
      'a stream longer than its directory says',
      zipOf({ ...xlsx(''), 'xl/worksheets/sheet1.xml': giant }, 1000),
    ],
    [
      'ledger_too_many_rows',
      'a cell on line 1,048,576',
      zipOf(xlsx(`<row r="1048576">${text('x').replace('A1', 'A1048576')}</row>`)),
    ],
    [
      'ledger_too_large',
      'a cell in the last column',
      zipOf(xlsx(`<row r="1">${text('x').replace('A1', 'XFD1')}</row>`)),
    ],
    ['ledger_damaged', 'broken XML', zipOf({ ...xlsx(''), 'xl/workbook.xml': '<workbook><sheets>' })],
  ]
  it.each(cases)('%s: %s', async (code, _, bytes, name = 'a.xlsx') => {
    for (const read of [readLedger, readInBrowser])
      await expect(read(bytes, name)).rejects.toMatchObject({ name: 'RosterProblem', code, message: code })
  })

  it('reads a sheet that is only formatted down to the last line', async () => {
    const rows = `<row r="1">${text('房号')}</row><row r="2">${text('101').replace('A1', 'A2')}</row><row r="1048576" ht="15"/>`
    const reading = readRoster(await readLedger(zipOf(xlsx(rows)), 'a.xlsx'))
    expect(reading.doors.map((door) => door.label)).toEqual(['101'])
  })

  it('any bytes at all give a ledger or a coded problem', async () => {
    const good = await merged()
    for (let cut = 0; cut < 300; cut++) {
      const bytes = good.slice()
      for (let hit = 0; hit < 6; hit++) bytes[(cut * 7919 + hit * 104729) % bytes.length] = (cut * 31 + hit * 17) % 256
      const name = await readLedger(
        cut % 3 === 0 ? bytes.subarray(0, (cut * 977) % bytes.length) : bytes,
        'a.xlsx',
      ).then(
        (sheets) => (readRoster(sheets), 'read'),
        (problem: Error) => problem.name,
      )
      expect(['read', 'RosterProblem']).toContain(name)
    }
  })

  it('a stored archive comes back as it went in', () => {
    const zip = storeZip([{ name: 'a.xml', bytes: bytesOf('<a/>') }])
    expect(Buffer.from(zip).includes('<a/>')).toBe(true)
  })
})
