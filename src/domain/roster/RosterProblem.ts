/** Permanent codes for a file that cannot be read as a ledger at all. */
export type RosterProblemCode =
  | 'ledger_empty'
  | 'ledger_too_large'
  | 'ledger_too_many_rows'
  | 'ledger_bad_encoding'
  | 'ledger_old_format'
  | 'ledger_encrypted'
  | 'ledger_macros'
  | 'ledger_bomb'
  | 'ledger_bad_path'
  | 'ledger_entities'
  | 'ledger_damaged'
  | 'ledger_not_a_table'

/** Trouble with the file itself. It carries a code and nothing of the file, so that no resident's data leaks by an error. */
export class RosterProblem extends Error {
  readonly code: RosterProblemCode

  constructor(code: RosterProblemCode) {
    super(code)
    this.name = 'RosterProblem'
    this.code = code
  }
}
