import type { Outcome } from '../domain/outcome.ts'

/** The ten outcomes as their buttons say them. */
export const outcomeWords: Readonly<Record<Outcome, string>> = {
  met: '见到住户',
  brief: '只说几句',
  minorOnly: '大人不在',
  postponed: '约好再来',
  notHome: '无人应门',
  refused: '这次不便',
  doNotKnock: '请勿打扰',
  vacant: '看似空置',
  notAHome: '非住宅',
  notFound: '查无此门',
}
