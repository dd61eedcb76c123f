import type { Oracle } from './Oracle.ts'

/** How much of a fault is tried: `full` by `npm run faults`, `quick` where a handful of rounds must do. */
export interface Extent {
  kills: number
  powerCuts: number
  /** Seconds that a frozen server stays frozen. */
  frozenS: number
  flappingS: number
  /** Rounds in which a browser is killed. */
  browserKills: number
  /** Knocks that go over a slow line. */
  slowKnocks: number
}

export const FULL: Extent = {
  kills: 200,
  powerCuts: 240,
  frozenS: 30,
  flappingS: 600,
  slowKnocks: 600,
  browserKills: 20,
}
export const QUICK: Extent = { kills: 5, powerCuts: 5, frozenS: 3, flappingS: 5, slowKnocks: 60, browserKills: 2 }

/**
 * One thing that may go wrong. `run` makes it happen to the real product and throws when something it should not cost is
 * lost; it gives back one line of figures. The oracle holds every id that a phone was told is saved or acknowledged.
 */
export interface Fault {
  name: string
  /** It mostly waits, so it runs beside the others instead of between them. */
  alongside?: true
  run(oracle: Oracle, extent: Extent): Promise<string>
}

/** This machine cannot show the fault. It proves nothing, so it counts as failed, with the reason. */
export class CannotShow extends Error {
  override readonly name = 'CannotShow'
}

/** What a fault must hold, in words. @throws Error with `what` */
export function must(holds: unknown, what: string): asserts holds {
  if (!holds) throw new Error(what)
}

/** Runs something that must fail, and gives its error. */
export async function mustFail(run: () => unknown, what: string): Promise<Error> {
  try {
    await run()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
  throw new Error(`${what} did not fail`)
}
