import type { DoorState } from '../domain/coverage/doorState.ts'

/** What stands in a window. 大人不在 and 约好再来 read alike: nobody may learn that a child is alone at home. */
export const windowWords: Readonly<Record<DoorState, string>> = {
  untouched: '未敲',
  quizzed: '问答',
  met: '见到',
  brief: '几句',
  again: '再来',
  refused: '不便',
  notHome: '无人',
  doNotKnock: '勿扰',
  vacant: '空置',
  notAHome: '非住',
  notFound: '查无',
}

export const facadeMessages = {
  states: windowWords,
  toConfirm: '待核实',
  /** 9 → 9 楼, 3A → 3A 楼; 首层 and 架空层 stay what they are. */
  floor: (label: string): string => (/[0-9A-Za-z]$/.test(label) ? `${label} 楼` : label),
  spine: '楼层',
}
