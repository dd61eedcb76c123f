import { describe, expect, it } from 'vitest'
import { floorLevel, floorOfLabel, readFloor } from '../../../src/domain/roster/floors.ts'
import { normaliseLabel } from '../../../src/domain/roster/normaliseLabel.ts'
import { readNumber, spokenNumber } from '../../../src/domain/roster/numerals.ts'
import { looksPersonal, safeToShow } from '../../../src/domain/roster/personalText.ts'
import { physicalNote } from '../../../src/domain/roster/physicalNote.ts'
import { printPlace } from '../../../src/domain/roster/placeNames.ts'
import { splitAddress } from '../../../src/domain/roster/splitAddress.ts'
import { roleOfHeader } from '../../../src/domain/roster/columnRoles.ts'
import { readDate } from '../../../src/domain/roster/cellText.ts'

describe('floors', () => {
  it.each([
    ['2层', '2'],
    ['二楼', '2'],
    ['2F', '2'],
    ['F2', '2'],
    ['6F', '6'],
    ['２', '2'],
    ['02', '2'],
    ['2.0', '2'],
    ['第3层', '3'],
    ['十二楼', '12'],
    ['二十一层', '21'],
    ['3A', '3A'],
    ['3a层', '3A'],
    ['12B', '12B'],
    ['首层', '首层'],
    ['地下', '地下'],
    ['架空层', '架空层'],
    ['夹层', '夹层'],
    ['天台', '天台'],
    ['阁楼', '阁楼'],
    ['负一层', '负一层'],
    ['-1', '负一层'],
    ['地下一层', '负一层'],
    ['B1', 'B1'],
    ['G', 'G'],
    ['G/F', 'G'],
    ['LG', 'LG'],
    ['8/F', '8'],
    ['3/9', '3'],
  ])('%s is printed %s', (cell, floor) => {
    expect(readFloor(cell)).toBe(floor)
    expect(readFloor(floor)).toBe(floor)
  })

  it('sort from the basement to the roof', () => {
    const fromBelow = ['负二层', 'B1', '首层', '架空层', '夹层', '2', '3', '3A', '5', '12', '12A', '12B', '15', '天台']
    const levels = fromBelow.map((floor) => floorLevel(floor) ?? NaN)
    expect([...levels].sort((a, b) => a - b)).toEqual(levels)
    expect(floorLevel('3A')).toBe(3.5)
    expect(floorLevel('G')).toBe(1)
  })

  it.each([
    ['301', '3'],
    ['1203', '12'],
    ['3A01', '3A'],
    ['12A05', '12A'],
    ['103A', '1'],
    ['E201', '2'],
    ['1A', '1'],
    ['二楼左', '2'],
    ['天台01', '天台'],
    ['首层', '首层'],
    ['B101', 'B1'],
    ['G01', 'G'],
    ['101-1', '1'],
    ['301左', '3'],
    ['后座401', '4'],
    ['03铺', undefined],
    ['值班室', undefined],
    ['4', undefined],
  ])('label %s lies on floor %s', (label, floor) => expect(floorOfLabel(label)).toBe(floor))
})

describe('numbers in Chinese', () => {
  it.each([
    ['二', 2],
    ['十', 10],
    ['十二', 12],
    ['二十', 20],
    ['二十一', 21],
    ['一百零二', 102],
    ['一〇三', 103],
    ['壹', 1],
    ['甲', undefined],
  ])('%s is %s', (text, value) => expect(readNumber(text as string)).toBe(value))
  it('speaks every floor so that it reads back', () => {
    for (let floor = 1; floor < 100; floor++) expect(readNumber(spokenNumber(floor))).toBe(floor)
  })
})

describe('addresses', () => {
  const parts = (address: string) => {
    const { estate, building, stairwell, floor, room } = splitAddress(address)
    return [estate, building ? printPlace(building) : '', stairwell ? printPlace(stairwell) : '', floor, room]
  }
  it.each([
    ['华兴苑4栋1梯301房', ['华兴苑', '4栋', '1梯', '', '301房']],
    ['华兴苑小区4栋1梯301', ['华兴苑', '4栋', '1梯', '', '301']],
    ['广州市白云区三元里街石榴桥社区华兴苑3号楼2单元1203室', ['华兴苑', '3号楼', '2单元', '', '1203室']],
    ['白云区三元里街道石榴桥社区翠湖花园二期3栋2梯5层501', ['翠湖花园二期', '3栋', '2梯', '5层', '501']],
    ['越秀区北京街12号302', ['', '北京街12号', '', '', '302']],
    ['石榴桥路12号之一302', ['', '石榴桥路12号之一', '', '', '302']],
    ['石榴桥路12号之1302', ['', '石榴桥路12号之一', '', '', '302']],
    ['华兴一巷3号之一二楼左', ['', '华兴一巷3号之一', '', '', '二楼左']],
    ['机场路12号大院3栋501', ['机场路12号大院', '3栋', '', '', '501']],
    ['2栋1-401', ['', '2栋', '', '', '1-401']],
    ['A座1203', ['', 'A座', '', '', '1203']],
    ['3栋东梯E201', ['', '3栋', '东梯', '', 'E201']],
    ['5栋（后座）101', ['', '5栋（后座）', '', '', '101']],
    ['三栋二单元五楼501', ['', '3栋', '2单元', '五楼', '501']],
    ['华兴路21号1号铺', ['', '华兴路21号', '', '', '1号铺']],
  ])('%s', (address, expected) => expect(parts(address)).toEqual(expected))
})

describe('labels are minted from one form', () => {
  it.each([
    ['３０１室', '301'],
    ['no.303', '303'],
    ['#101', '101'],
    ['103b', '103B'],
    [' 301 房 ', '301'],
    ['301.0', '301'],
    ['三〇二', '302'],
    ['值班室', '值班室'],
    ['四楼(全层)', '四楼（全层）'],
    ['1号铺', '1号铺'],
  ])('%s is %s', (label, expected) => {
    expect(normaliseLabel(label)).toBe(expected)
    expect(normaliseLabel(expected)).toBe(expected)
  })
})

describe('people stay outside', () => {
  it.each([
    '13800138000',
    '138 0013 8000',
    '138-0013-8000',
    '+86 13800138000',
    '020-86668888',
    '（020）86668888',
    '138****0001',
    '440102199001011234',
    '44010219900101123X',
    '１３８００１３８０００',
    '8666-8888',
    '张三 13800138000',
    'a.b@example.org',
    '微信abc',
  ])('%s looks personal', (text) => {
    expect(looksPersonal(text)).toBe(true)
    expect(safeToShow(text)).toBe(false)
  })
  it.each(['501-504', '1001-1006', '2-1-402', '1201、1202', '3A01-3A03', '华兴苑4栋1梯301房', '2019/3/2'])(
    '%s does not',
    (text) => expect(looksPersonal(text)).toBe(false),
  )
  it('a name is never shown back', () =>
    expect(['张三', '301张三', '王小姐家'].map(safeToShow)).toEqual([false, false, false]))

  it.each([
    ['空置', '空置'],
    ['商铺', '商铺'],
    ['门禁坏了', '门禁'],
    ['与502打通为一户，只敲501', '与502打通为一户，只敲501'],
    ['业主王小姐长期空置', '空置'],
    ['空置，电话13800138000', '空置'],
    ['张三', ''],
    ['老人独居', ''],
    ['全角数字', ''],
    ['重复行', ''],
    ['租客小刘 微信abc123', ''],
    ['临街铺面，不进楼道', '临街铺面，不进楼道'],
  ])('the remark %s keeps %j', (remark, kept) => expect(physicalNote(remark)).toBe(kept))
})

describe('headers', () => {
  it.each([
    ['楼栋', 'building'],
    ['栋号', 'building'],
    ['幢', 'building'],
    ['楼 栋', 'building'],
    ['楼栋号*', 'building'],
    ['座', 'block'],
    ['单元号', 'stairwell'],
    ['梯位', 'stairwell'],
    ['楼层', 'floor'],
    ['所在层', 'floor'],
    ['层', 'floor'],
    ['房号（必填）', 'room'],
    ['室号', 'room'],
    ['房间号码', 'room'],
    ['户室号', 'room'],
    ['住户房号', 'room'],
    ['房屋地址', 'address'],
    ['门牌号', 'doorplate'],
    ['用途', 'kind'],
    ['房屋性质', 'kind'],
    ['备注', 'note'],
    ['小区名称', 'estate'],
    ['序号', 'ignored'],
    ['建筑面积', 'ignored'],
    ['户主姓名', 'personal'],
    ['联系电话', 'personal'],
    ['手机号码', 'personal'],
    ['身份证号', 'personal'],
    ['常住人数', 'personal'],
    ['车牌', 'personal'],
    ['微信号', 'personal'],
    ['业主', 'personal'],
    ['户籍地址', 'personal'],
    ['今天天气', 'unknown'],
    ['', 'unknown'],
  ])('%s holds %s', (header, role) => expect(roleOfHeader(header)).toBe(role))
})

describe('what Excel makes of 3-2', () => {
  it.each([
    '3月2日',
    '2-Mar',
    'Mar-02',
    '2019/3/2',
    '2019-03-02',
    '2019年3月2日',
    '3/2/2019',
    '2019/3/2 0:00:00',
    '３月２日',
  ])('%s', (text) => expect(readDate(text)).toEqual({ month: 3, day: 2 }))
  it.each(['3-2', '301', '13月2日', '3月', ''])('%s is no date', (text) => expect(readDate(text)).toBeUndefined())
})
