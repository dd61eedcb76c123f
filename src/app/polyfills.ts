/** What the oldest phones lack at run time. The build target covers syntax only. */
if (typeof Object.hasOwn !== 'function') {
  Object.defineProperty(Object, 'hasOwn', {
    value: (subject: object, key: PropertyKey) => Object.prototype.hasOwnProperty.call(subject, key),
    configurable: true,
    writable: true,
  })
}
if (typeof Array.prototype.at !== 'function') {
  Object.defineProperty(Array.prototype, 'at', {
    value(this: unknown[], index: number) {
      return this[index < 0 ? this.length + index : index]
    },
    configurable: true,
    writable: true,
  })
}
