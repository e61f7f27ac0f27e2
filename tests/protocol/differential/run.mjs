import { SeededRandom } from "../lib/random.mjs"
import { send } from "./answer.mjs"
import { compare } from "./compare.mjs"
import { explain } from "./deviations.mjs"
import { Model } from "./model.mjs"
import { chooseOperation } from "./operations.mjs"

const maxReportedMismatches = 5

/** Runs `count` seeded operations against both servers. Every unexplained difference is a mismatch. */
export class DifferentialRun {
  #reference
  #ours
  #seed
  #step = 0
  mismatches = []
  explained = new Map()
  counts = new Map()
  requests = 0

  constructor(referenceUrl, oursUrl, seed) {
    this.#reference = referenceUrl
    this.#ours = oursUrl
    this.#seed = seed
    this.random = new SeededRandom(seed)
    this.model = new Model(Array.from({ length: 14 }, (_, i) => `${seed}-${i}`))
  }

  async run(count) {
    for (this.#step = 0; this.#step < count && this.mismatches.length < maxReportedMismatches; this.#step++) {
      const { name, operation } = chooseOperation(this.random, this.model)
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
      await operation(this)
    }
  }

  /**
   * Sends one request to both sides and compares. `query` and `headers` may be functions of a renamer that maps a
   * reference offset to the side's own.
   */
  async exchange(request, stream) {
    const [reference, ours] = await Promise.all([
      this.begin(request, stream, true),
      this.begin(request, stream, false),
    ])
    return this.settle(request, reference, ours, stream)
  }

  begin(request, stream, isReference) {
    this.requests++
    const rename = isReference ? (offset) => offset : (offset) => stream.offsets.toOurs(offset) ?? offset
    const of = (part) => (typeof part === "function" ? part(rename) : part)
    return send(isReference ? this.#reference : this.#ours, {
      ...request, query: of(request.query), headers: of(request.headers),
    })
  }

  settle(request, reference, ours, stream) {
    const differences = compare(request, reference, ours, stream)
    if (differences.length > 0) {
      const deviation = explain(request, reference, ours, differences)
      if (deviation) {
        this.explained.set(deviation.id, (this.explained.get(deviation.id) ?? 0) + 1)
      } else {
        this.mismatches.push(this.#describe(request, differences))
      }
    }
    return { reference, ours }
  }

  #describe(request, differences) {
    const named = (part) => (typeof part === "function" ? part((offset) => offset) : part)
    const what = { ...request, query: named(request.query), headers: named(request.headers) }
    return `seed ${this.#seed}, step ${this.#step}: ${JSON.stringify(what)}\n` +
      differences.map((d) => `    ${d.field}: reference ${JSON.stringify(d.reference)}, ours ${JSON.stringify(d.ours)}`).join("\n")
  }
}
