/** What is to be noted about a door: one that no list names, a plate that changed, a door that was sealed. */
export type DoorTask = { kind: 'add' } | { kind: 'rename' | 'retire'; doorId: string; label: string }
