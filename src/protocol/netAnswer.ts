/** What came back over the network from our server, whatever its status. */
export interface NetAnswer {
  status: number
  /** Parsed JSON. */
  body: unknown
  retryAfterMs: number | null
}
