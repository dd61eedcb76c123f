/** Every limit of the wire, once (SYNC-11). Bytes, counts and milliseconds as the names say. */
export const LIMITS = {
  protocol: 1,
  commandsPerRequest: 1_000,
  wireBytes: 256 * 1024,
  inflatedBytes: 2 * 1024 * 1024,
  depth: 8,
  changesPerPage: 1_000,
  /** A page of more rows is stored in several transactions; slow phones take fewer at once (SYNC-7, `SlicePace`). */
  rowsPerTransaction: 240,
  /** A deed older than this is not applied by itself: a leader looks at it (SYNC-5). */
  lateDays: 30,
  /** How long a phone keeps what was acknowledged, to offer it again after a restore (SYNC-8). */
  reofferDays: 30,
  /** A file of unsent work (SYNC-13): commands in one sealed part, its length as base64url, and the whole file. */
  handoverCommands: 500,
  handoverPartChars: 240 * 1024,
  handoverParts: 100,
  handoverFileChars: 16 * 1024 * 1024,
  /** One device's requests: far more than a phone with a full queue and a bad line sends, far less than a flood. */
  requestsPerMinute: 1_200,
  pollMs: 60_000,
  backoffFirstMs: 1_000,
  backoffMostMs: 300_000,
  timeoutBaseMs: 15_000,
  slowestBytesPerMs: 2,
} as const

/** Milliseconds in a day. */
export const DAY_MS = 86_400_000
