/**
 * Why a phone's database cannot be used as it stands. `vanished`: there ought to be one, and there is none. `emptied`: it is
 * there and belongs to nobody. `newer`: a newer version of the app wrote it. `blocked`: another window holds an older
 * version of it open.
 */
export type PhoneTroubleCode = 'vanished' | 'emptied' | 'newer' | 'blocked'

export class PhoneTrouble extends Error {
  override readonly name = 'PhoneTrouble'
  readonly code: PhoneTroubleCode

  constructor(code: PhoneTroubleCode) {
    super(code)
    this.code = code
  }
}
