/**
 * Ends a check: says what is wrong, one line each, or one line of praise.
 * @param {string[]} faults
 * @param {string} [praise]
 */
export function report(faults, praise = '') {
  for (const fault of faults) console.log(fault)
  if (faults.length > 0) process.exitCode = 1
  else if (praise) console.log(praise)
}
