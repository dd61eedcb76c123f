import type { HostileGround } from './HostileGround.ts'

/** What was heard: of HTTP the status and the problem's code; of a command its result; of a file the exit code and problem. */
export interface Heard {
  status: number
  code: string
  /** What else is wrong with the answer, if anything. */
  wrong?: string | undefined
}

/** A row of the database that may move although the answer is no. Each exception has its reason. */
export interface Bookkeeping {
  why: string
  allows(row: { table: string; row: Record<string, unknown> }): boolean
}

/** One line of "Bad input", or of its kin, as data. */
export interface HostileCase {
  subject: 'envelope' | 'identity' | 'commands' | 'files' | 'browser' | 'flood'
  name: string
  status: number
  code: string
  /** `false`: the hash of the whole database stays equal. `true` only where something good is meant to be taken in. */
  mayChange: false | true | ((ground: HostileGround) => Bookkeeping)
  /** What has to stand before: it may change the database. */
  prepare?(ground: HostileGround): Promise<void>
  ask(ground: HostileGround): Promise<Heard>
  /** What must hold afterwards, when it may change something good. */
  then?(ground: HostileGround, heard: Heard): Promise<Heard>
}
