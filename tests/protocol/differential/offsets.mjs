// Offsets are opaque, so each side's are renamed to the other's. The renaming must be a bijection that keeps order.
export class OffsetMap {
  #toOurs = new Map()
  #toReference = new Map()

  /** A fork shares its source's offsets up to the fork point. */
  static inherit(source, upToReference) {
    const map = new OffsetMap()
    for (const [reference, ours] of source.#toOurs) {
      if (reference <= upToReference) {
        map.link(reference, ours)
      }
    }
    return map
  }

  /** Notes that both sides named one position; returns what is wrong with that, or null. */
  link(reference, ours) {
    const known = this.#toOurs.get(reference)
    if (known !== undefined) {
      return known === ours ? null : `${reference} was ${known} and is now ${ours}`
    }
    if (this.#toReference.has(ours)) {
      return `${ours} names ${this.#toReference.get(ours)} and also ${reference}`
    }
    for (const [otherReference, otherOurs] of this.#toOurs) {
      if (otherReference < reference !== otherOurs < ours) {
        return `${otherReference} and ${reference} are ordered otherwise than ${otherOurs} and ${ours}`
      }
    }
    this.#toOurs.set(reference, ours)
    this.#toReference.set(ours, reference)
    return null
  }

  toOurs(reference) {
    return this.#toOurs.get(reference)
  }

  references() {
    return [...this.#toOurs.keys()]
  }
}
