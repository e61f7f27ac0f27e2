// A small seeded generator (mulberry32): the same seed gives the same operations on every machine.
export class SeededRandom {
  #state

  constructor(seed) {
    this.#state = seed >>> 0
  }

  /** A number in [0, 1). */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  /** An integer in [0, limit). */
  below(limit) {
    return Math.floor(this.next() * limit)
  }

  chance(probability) {
    return this.next() < probability
  }

  pick(values) {
    return values[this.below(values.length)]
  }

  /** Picks one of `[weight, value]` pairs. */
  weighted(pairs) {
    const total = pairs.reduce((sum, [weight]) => sum + weight, 0)
    let at = this.next() * total
    for (const [weight, value] of pairs) {
      at -= weight
      if (at < 0) {
        return value
      }
    }
    return pairs[pairs.length - 1][1]
  }
}
