/**
 * A record is one row of the community's truth: a kind, an id, the scope that says who may read it, and a body.
 * Its scope never changes; moving a record means a tombstone and a new id.
 */
export type Scope = string

/** Where a record lies. The scope is part of the address because a phone keys its rows by it. */
export interface Ref<K extends string = string> {
  kind: K
  id: string
  scope: Scope
}

/** A record as both databases hold it. `body` always carries its own `id`. */
export interface Row<B extends { id: string } = { id: string }> {
  kind: string
  id: string
  scope: Scope
  body: B
}

/** What a decision does to the records: the newest state of a row, or its tombstone (`body` null). */
export interface Change {
  kind: string
  id: string
  scope: Scope
  body: { id: string } | null
}

export const communityScope: Scope = 'c'
export const officersScope: Scope = 'o'
export const stairwellScope = (stairwellId: string): Scope => `s:${stairwellId}`
export const memberScope = (memberId: string): Scope => `m:${memberId}`
export const privateScope = (memberId: string): Scope => `p:${memberId}`
export const teamScope = (teamId: string): Scope => `t:${teamId}`
export const deviceScope = (deviceId: string): Scope => `d:${deviceId}`
