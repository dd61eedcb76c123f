import type { RosterAsk, RosterHint, RosterQuestion, RosterWhy } from './rosterShapes.ts'

const ASKS: { readonly [Code in RosterAsk['code']]: (ask: Extract<RosterAsk, { code: Code }>) => string } = {
  dateLike: ({ month, day }) => `像是被 Excel 变成了日期，是 ${month}-${day} 吗？`,
  shopNumber: ({ label }) => `商铺只有数字，是 ${label} 吗？`,
  bareNumber: ({ label }) => `房号只有一两位数字，是 ${label} 吗？`,
  floorUnknown: ({ label }) => `看不出 ${label} 在几楼，在首层吗？`,
  buildingUnknown: () => '看不出是哪一栋，整份台账只有一栋吗？',
  wholeHouse: ({ label }) => `没有房号，整栋一户，记作 ${label} 吗？`,
  wholeFloor: ({ label }) => `没有房号，一层一户，记作 ${label} 吗？`,
  mergedFlat: ({ label }) => `是打通的一户（${label}）吗？`,
  stairwellConflict: ({ ledger, room }) => `梯号是 ${ledger}，房号却写 ${room}，以梯号为准吗？`,
  rangeUnclear: () => '看不出从哪一户到哪一户，请写成 501-504 或 501、502。',
  unclear: () => '看不懂这个房号，请写成 301 这样。',
  sheetUnclear: () => '这张表里找不到楼栋和房号，请加上表头。',
}

const WHYS: { readonly [Code in RosterWhy['code']]: (why: Extract<RosterWhy, { code: Code }>) => string } = {
  duplicate: ({ of, ofSheet }) => `与${ofSheet === undefined ? '' : `「${ofSheet}」`}第 ${of} 行重复，已合并`,
  noRoom: () => '缺房号，已跳过',
  total: () => '小计或合计，不是门户',
  footer: () => '表尾说明，不是门户',
  personal: () => '像是电话或证件号码，已丢弃',
  notADoor: () => '不是门户',
  noRoomColumn: () => '这张表没有房号一列，已跳过',
  answered: () => '已按您的回答跳过',
}

/** The question's words without its place: 是 3-2 吗？ */
export const wordAsk = (ask: RosterAsk): string => (ASKS[ask.code] as (ask: RosterAsk) => string)(ask)

/** Why a line gave no door of its own. */
export const wordWhy = (why: RosterWhy): string => (WHYS[why.code] as (why: RosterWhy) => string)(why)

const place = (row: number, sheet: string | undefined): string =>
  `${sheet === undefined ? '' : `「${sheet}」`}第 ${row} 行`

/** 第 23 行 3月2日：像是被 Excel 变成了日期，是 3-2 吗？ */
export const wordQuestion = ({ row, sheet, value, ask }: RosterQuestion): string =>
  `${place(row, sheet)}${value === '' ? '' : ` ${value}`}：${wordAsk(ask)}`

/** 第 18 行 0102：去掉前导零，记作 102 */
export const wordHint = ({ row, sheet, value, label }: RosterHint): string =>
  `${place(row, sheet)} ${value}：去掉前导零，记作 ${label}`
