/** What an officer reads in the days after a restore. */
export const recoveryMessages = {
  /** @param day as on a calendar, @param time as on a clock */
  title: (day: string, time: string): string => `数据已恢复到 ${day} ${time}`,
  missing: (phones: number): string =>
    phones === 0
      ? '用的是那时的备份。用过的手机都已经再次同步。'
      : `用的是那时的备份。还有 ${phones} 台手机没有再次同步，它们里面的记录还可能补回来。`,
  who: (names: readonly string[]): string => `请提醒：${names.join('、')}`,
} as const
