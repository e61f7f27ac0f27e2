const words = ["alpha", "beta", "gamma", "déjà vu", "日本", "🎈", "a\"b", "tab\there", "back\\slash", ""]

export function jsonValue(random, depth = 0) {
  return random.weighted([
    [3, () => random.below(2_000) - 1_000],
    [3, () => random.pick(words)],
    [1, () => random.pick([true, false, null])],
    [depth < 2 ? 2 : 0, () => Array.from({ length: random.below(4) }, () => jsonValue(random, depth + 1))],
    [depth < 2 ? 2 : 0, () => ({ k: jsonValue(random, depth + 1), n: random.below(9) })],
  ])()
}

/** A valid body for the type, and how many events' worth (JSON values, else bytes) it holds. */
export function validBody(random, isJson, allowEmptyArray = false) {
  if (!isJson) {
    const text = Array.from({ length: 1 + random.below(4) }, () => random.pick(words.slice(0, 9)))
      .join(random.pick(["\n", " ", "\r\n"]))
    return { body: text, size: Buffer.byteLength(text) }
  }
  if (allowEmptyArray && random.chance(0.1)) {
    return { body: "[]", size: 0 }
  }
  if (random.chance(0.5)) {
    const values = Array.from({ length: 1 + random.below(4) }, () => jsonValue(random))
    return { body: spaced(random, values), size: values.length }
  }
  const value = { v: jsonValue(random) }
  return { body: spaced(random, value), size: 1 }
}

/** White space inside JSON is the publisher's choice; line breaks are the interesting ones for SSE. */
function spaced(random, value) {
  return random.chance(0.2) ? JSON.stringify(value, null, random.pick(["  ", "\t"])) : JSON.stringify(value)
}

export const invalidJson = ["{", "[1,", "nul", "{\"a\":}", "[1] x", "'single'", "01", "\"open", "[1,]"]
