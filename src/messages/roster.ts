import type { RosterProblemCode } from '../domain/roster/RosterProblem.ts'

/** Why a file cannot be read as a door list, and what to do about it, for every code that there is. */
export const rosterProblemWords: Readonly<Record<RosterProblemCode, string>> = {
  ledger_empty: '文件是空的。',
  ledger_too_large: '文件超过 20 MB。门户台账不会这么大，请只留门户那张表。',
  ledger_too_many_rows: '超过 5 万行。请按小区分成几个文件。',
  ledger_bad_encoding: '文字编码认不出来。请用 Excel 打开，另存为 .xlsx 再试。',
  ledger_old_format: '这是旧版 .xls。请用 Excel 打开，另存为 .xlsx 再试。',
  ledger_encrypted: '文件有打开密码。请去掉密码再试。',
  ledger_macros: '文件里有宏。请另存为不带宏的 .xlsx 再试。',
  ledger_bomb: '文件解开后大得不正常，没有读。',
  ledger_bad_path: '文件内部结构不正常，没有读。',
  ledger_entities: '文件内部结构不正常，没有读。',
  ledger_damaged: '文件坏了，读不全。什么都没有导入；请向给你文件的人再要一份。',
  ledger_not_a_table: '这不是表格文件。请选 .xlsx 或 .csv。',
}
