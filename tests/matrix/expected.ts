/**
 * Who may do what, written from the documents and never from the code. A row: what the target is to whoever asks, and what
 * a member, a leader and an officer then hear. `access.ts` is not to be imported here.
 */
export type Outcome = 'applied' | `held ${string}` | `refused ${string}`
type Row = readonly [member: Outcome, leader: Outcome, officer: Outcome]

const applied = 'applied'
const waits = 'held notGranted'
const late = 'held tooOld'
const no = 'refused not_allowed'
const unknown = 'refused not_found'
const notYours = 'refused not_yours'
const taken = 'refused wish_taken'

/**
 * design.md §3 (scopes), §4.5 and SPEC.md SYNC-5: granted at the effective time: applied; not granted, or older than 30
 * days: held, and a leader decides. Officers read every stairwell and are bound to no team. reliability.md, bad input: a
 * stairwell elsewhere and a stairwell nowhere are both `not_found`.
 */
const DEED = {
  own: [applied, applied, applied],
  other: [waits, waits, applied],
  nowhere: [unknown, unknown, unknown],
  'own old': [late, late, late],
  'other old': [waits, waits, late],
} satisfies Record<string, Row>

/** design.md §3: what happened is corrected by its author's own event. Whose it is, only who may read it is told. */
const AUTHORED = {
  'own mine': [applied, applied, applied],
  'own theirs': [notYours, notYours, notYours],
  'own theirs unreadable': [unknown, unknown, unknown],
  'own none': [unknown, unknown, unknown],
  'other mine': [waits, waits, applied],
  'other theirs': [waits, waits, notYours],
  'other theirs unreadable': [waits, waits, unknown],
  'other none': [waits, waits, unknown],
  nowhere: [unknown, unknown, unknown],
} satisfies Record<string, Row>

const DOOR = {
  ...DEED,
  'own no door': [unknown, unknown, unknown],
  'other no door': [waits, waits, unknown],
} satisfies Record<string, Row>
/** mission.md, the people: an officer loads the door list, plans and looks after people; nobody else does. */
const OFFICE = { any: [no, no, applied], nowhere: [no, no, unknown] } satisfies Record<string, Row>

/** mission.md P6. */
const HELD_WISH = {
  open: [notYours, notYours, applied],
  mine: [applied, applied, applied],
  theirs: [notYours, notYours, applied],
  nowhere: [unknown, unknown, unknown],
} satisfies Record<string, Row>

/** mission.md P5. */
const COMING = { home: [applied, applied, applied], nowhere: [unknown, unknown, unknown] } satisfies Record<string, Row>

/** design.md §3: `t:<team>` is its leaders'. What lies in another team is neither theirs to touch nor to know of. */
const TEAM = {
  own: [no, applied, applied],
  'own none': [no, unknown, unknown],
  other: [no, no, applied],
  'other none': [no, no, unknown],
} satisfies Record<string, Row>

export const EXPECTED: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  // SPEC.md SYNC-5; a round nobody was given anything in is a deed that was not granted.
  'visit/record': { ...DEED, 'no round': [waits, waits, unknown] },
  'visit/no-entry': { ...DEED, 'no round': [waits, waits, unknown] },
  'visit/void': AUTHORED,
  'quiz/record': AUTHORED,
  // mission.md D6, experience.md (an evening): a door seen on the wall is added, a plate noted, a sealed one retired.
  'door/add': DEED,
  'door/rename': DOOR,
  'door/retire': DOOR,
  // mission.md D5: stairwell access notes, written by whoever knocks there.
  'stairwell/access-note': DEED,
  // design.md §3: a door is created 待核实; mission.md, leader: the leader of the stairwell settles it. Rights are of now.
  'door/confirm': {
    own: [no, applied, applied],
    'own no door': [no, unknown, unknown],
    other: [no, no, applied],
    'other no door': [no, no, unknown],
    nowhere: [unknown, unknown, unknown],
    'own old': [no, late, late],
    'other old': [no, no, late],
  },
  // SPEC.md SYNC-14 and docs/decisions/0014: leaders and officers erase, and the author of the note.
  'stairwell/redact-note': {
    'own mine': [applied, applied, applied],
    'own theirs': [notYours, applied, applied],
    'other mine': [no, no, applied],
    'other theirs': [no, no, applied],
    nowhere: [unknown, unknown, unknown],
  },
  // mission.md L3 and the leader's row: a leader hands the team's stairwells out to the team; across teams is the office's.
  'assignment/save': {
    'own to own': [no, applied, applied],
    'own to other': [no, no, applied],
    'own to none': [no, no, applied],
    'own to nowhere': [no, no, unknown],
    'other to own': [no, no, applied],
    'other to other': [no, no, applied],
    'other to none': [no, no, applied],
    'other to nowhere': [no, no, unknown],
    nowhere: [unknown, unknown, unknown],
    'own, no round': [no, unknown, unknown],
    'other, no round': [no, no, unknown],
  },
  // mission.md A1, reliability.md (identity): the leader confirms six digits; nobody lets in more rights than their own.
  'device/confirm': {
    ...TEAM,
    'own officer': [no, no, applied],
    'other officer': [no, no, applied],
    'own wrong digits': [no, 'refused match_code_wrong', 'refused match_code_wrong'],
    'other wrong digits': [no, no, 'refused match_code_wrong'],
  },
  // mission.md A1: devices are listed and revoked, by the leader of whoever holds them now.
  'device/revoke': { ...TEAM, 'own beyond': [no, no, applied], 'other beyond': [no, no, applied] },
  'device/drain': { ...TEAM, 'own beyond': [no, no, applied], 'other beyond': [no, no, applied] },
  // SPEC.md SYNC-5: held, and a leader decides.
  'hold/settle': TEAM,
  'invite/withdraw': TEAM,
  // mission.md A1, reliability.md (identity): nobody gives what they do not have, and a leader's people are the team.
  'invite/create': {
    'own member': [no, applied, applied],
    'own leader': [no, applied, applied],
    'own officer': [no, no, 'refused bad_field'],
    'other member': [no, no, applied],
    'other leader': [no, no, applied],
    'other officer': [no, no, 'refused bad_field'],
    'none member': [no, no, applied],
    'none leader': [no, no, applied],
    'none officer': [no, no, applied],
    'nowhere member': [no, no, unknown],
    'nowhere leader': [no, no, unknown],
    'nowhere officer': [no, no, 'refused bad_field'],
    'own, for a mate': [no, applied, applied],
    'own, for somebody of another team': [no, no, 'refused bad_field'],
    'own, for an officer': [no, no, 'refused bad_field'],
    'own, for nobody': [no, unknown, unknown],
    'other, for a mate': [no, no, applied],
    'other, for somebody of another team': [no, no, 'refused bad_field'],
    'other, for an officer': [no, no, 'refused bad_field'],
    'other, for nobody': [no, no, unknown],
    'nowhere, for nobody': [no, no, unknown],
  },
  // mission.md, community officer: the settings, the rounds, the teams, the people and the door list.
  'community/save': OFFICE,
  'round/save': { ...OFFICE, nowhere: [no, no, 'refused stale_revision'] },
  'team/save': { ...OFFICE, nowhere: [no, no, 'refused stale_revision'] },
  'member/bond': OFFICE,
  'roster/import-stairwell': OFFICE,
  'door/do-not-knock': OFFICE,
  // mission.md S1 and Y1: an evening is its member's own; what lies in another's scope is not there.
  'session/start': { any: [applied, applied, applied] },
  'session/end': { mine: [applied, applied, applied], none: [unknown, unknown, unknown] },
  // mission.md P6: the office publishes and thanks; anybody of the community takes one on, one winner, and only whoever has
  // it, or the office for them, gives it back or fulfils it. engine.md: the first commit wins, the other is told.
  'wish/publish': { any: [no, no, applied] },
  'wish/close': OFFICE,
  'wish/claim': {
    open: [applied, applied, applied],
    mine: [applied, applied, applied],
    theirs: [taken, taken, taken],
    nowhere: [unknown, unknown, unknown],
  },
  'wish/give-back': HELD_WISH,
  'wish/fulfil': { ...HELD_WISH, open: [notYours, notYours, 'refused wish_over'] },
  // mission.md P5: the office arranges; whoever belongs to the community signs up, and takes it back.
  'activity/save': { ...OFFICE, nowhere: [no, no, 'refused stale_revision'] },
  'activity/sign-up': COMING,
  'activity/withdraw': COMING,
  // mission.md Y3: lost-data alarms come from every phone.
  'device/report-loss': { any: [applied, applied, applied] },
}

/** SPEC.md SYNC-5, SYNC-6: without a bond at the hour and now nothing is dropped, and nothing is done by itself. */
export const WITHOUT_BOND: Outcome = waits
/** design.md §4 and reliability.md (identity): a pending phone's pushes are held, its pulls are empty. */
export const PENDING: Outcome = 'held pendingDevice'

/** reliability.md (bad input): what the envelope says to whoever is nobody. */
export const ENVELOPE = {
  none: [401, 'unauthenticated'],
  forged: [401, 'unauthenticated'],
  superseded: [401, 'token_superseded'],
  revoked: [401, 'device_revoked'],
} as const

/**
 * What a page brings, by the scope that a row lies in (design.md §3, `docs/decisions/0003`). M member, L leader, O officer,
 * N whose bond has ended (SPEC.md SYNC-6: its own answers and nothing else).
 */
export const READS: Readonly<Record<string, string>> = {
  'everyone there': 'MLO',
  'stairwell of the own team': 'MLO',
  'stairwell of another team': 'O',
  'stairwell of no team': 'O',
  'what one did oneself': 'MLO',
  'what a mate did': 'LO',
  'what somebody of another team did': 'O',
  'what an officer did': 'O',
  'one’s own private note': 'MLO',
  'another’s private note': '',
  'the own team’s': 'LO',
  'another team’s': 'O',
  'the officers’': 'O',
  'the own phone’s answers': 'MLON',
  'another phone’s answers': '',
  'another community': '',
}

/** Status and code of an envelope; a code only where it is a problem. */
export type Said = readonly [status: number, code?: string]

/**
 * contract.md (HTTP), reliability.md (bad input, identity). Whatever is not named here is not there for anybody.
 * `ended`: only a phone whose enrolment was ended asks the browser to clear itself (SPEC.md SYNC-15).
 * `officer`: to everybody else the route is not there (SPEC.md SYNC-8: what a restore left open is the officers' to know).
 */
export const ROUTES: Readonly<Record<string, { to: 'anybody' | 'device' | 'officer' | 'ended'; says: Said }>> = {
  // The app itself is for everybody: it holds nothing of anybody.
  'GET /': { to: 'anybody', says: [200] },
  'HEAD /': { to: 'anybody', says: [200] },
  'GET /healthz': { to: 'anybody', says: [200] },
  'HEAD /healthz': { to: 'anybody', says: [200] },
  'GET /readyz': { to: 'anybody', says: [200] },
  'HEAD /readyz': { to: 'anybody', says: [200] },
  'GET /metrics': { to: 'anybody', says: [200] },
  'HEAD /metrics': { to: 'anybody', says: [200] },
  'GET /api/openapi.json': { to: 'anybody', says: [200] },
  'HEAD /api/openapi.json': { to: 'anybody', says: [200] },
  // Any dead invitation: one 410 text, whoever asks.
  'POST /api/enter': { to: 'anybody', says: [410, 'invite_dead'] },
  'POST /api/enrol': { to: 'anybody', says: [410, 'invite_dead'] },
  'POST /api/sync': { to: 'device', says: [200] },
  'GET /api/me': { to: 'device', says: [200] },
  'HEAD /api/me': { to: 'device', says: [200] },
  'GET /api/live': { to: 'device', says: [200] },
  'POST /api/clear-site': { to: 'ended', says: [200] },
  'GET /api/recovery': { to: 'officer', says: [200] },
  'HEAD /api/recovery': { to: 'officer', says: [200] },
}

/** reliability.md (identity): until there is an officer every other route answers `setup_required`. */
export const SET_UP: Readonly<Record<string, Said>> = {
  '/': [200],
  '/healthz': [200],
  '/readyz': [200],
  '/metrics': [200],
  '/api/enter': [410, 'invite_dead'],
}
