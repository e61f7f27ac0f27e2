// What the generator knows about the streams, learned from the reference's answers. It only steers the choice of
// operations; the comparison never uses it.
import { OffsetMap } from "./offsets.mjs"

export class Stream {
  constructor(name, type) {
    this.name = name
    this.path = `/v1/stream/differential/${name}`
    this.type = type
    this.offsets = new OffsetMap()
    this.exists = true
    this.gone = false
    this.closed = false
    this.forks = new Set()
    this.source = null
    this.producers = new Map()
    this.lastStreamSeq = null
    // One entry per append: where it starts (reference offset) and how many values or bytes it holds.
    this.appends = []
    this.tail = null
  }

  get isJson() {
    return /^application\/json/i.test(this.type)
  }

  appended(tail, size) {
    if (tail !== this.tail && size > 0) {
      this.appends.push({ start: this.tail, size })
    }
    this.tail = tail
  }

  /** The stream that `PUT` with fork headers makes. */
  fork(name, forkPoint, subOffset, tail) {
    const fork = new Stream(name, this.type)
    fork.source = this
    fork.offsets = OffsetMap.inherit(this.offsets, forkPoint)
    fork.appends = this.appends.filter((a) => a.start < forkPoint)
    if (subOffset > 0) {
      fork.appends.push({ start: forkPoint, size: subOffset })
    }
    fork.tail = tail
    this.forks.add(fork)
    return fork
  }

  /** Deleting with forks keeps the name; the last fork's end releases it. */
  deleted() {
    if (this.forks.size > 0) {
      this.gone = true
      return
    }
    this.exists = false
    const source = this.source
    if (source) {
      source.forks.delete(this)
      if (source.gone && source.forks.size === 0) {
        source.gone = false
        source.deleted()
      }
    }
  }
}

export class Model {
  #names
  streams = new Map()

  constructor(names) {
    this.#names = names
  }

  live() {
    return [...this.streams.values()].filter((s) => s.exists && !s.gone)
  }

  gone() {
    return [...this.streams.values()].filter((s) => s.exists && s.gone)
  }

  free() {
    return this.#names.filter((name) => !this.streams.get(name)?.exists)
  }
}
