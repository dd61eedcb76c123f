import { doorHistory } from '../../domain/coverage/doorHistory.ts'
import type { Facade } from '../../domain/coverage/facade.ts'
import { visitMessages } from '../../messages/visits.ts'

/** 未敲过 · 上一轮 无人 ×1: what stands under a door's label in its sheet. Never who was met, and never when. */
export function wordDoor(
  doorId: string,
  facade: Facade | undefined,
  before: Facade | undefined,
  toConfirm: boolean,
  now: number,
): string {
  const history = doorHistory(facade?.doors[doorId], before?.doors[doorId], now)
  const { never, thisRound, lastRound, emptyAt, toConfirm: toConfirmWord } = visitMessages.door
  return [
    toConfirm ? toConfirmWord : '',
    history.thisRound.length === 0 ? never : thisRound(history.thisRound, history.isTonight),
    history.emptyAtHour === null ? '' : emptyAt(history.emptyAtHour),
    history.lastRound.length === 0 ? '' : lastRound(history.lastRound),
  ]
    .filter(Boolean)
    .join(' · ')
}
