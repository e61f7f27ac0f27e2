import { invalidJson, validBody } from "../bodies.mjs"
import { Stream } from "../model.mjs"

const types = [
  "application/json", "application/json", "application/json", "text/plain", "text/plain", "application/octet-stream",
  "application/json; charset=utf-8", "TEXT/Plain;charset=UTF-8", "application/x-ndjson",
]
const future = "2099-01-02T03:04:05Z"

/** PUT of a new name with a random valid configuration. */
export async function create(run) {
  const { random, model } = run
  const stream = new Stream(random.pick(model.free()), random.pick(types))
  const headers = { "content-type": stream.type, ...random.pick([{}, {}, {}, { "stream-ttl": "3600" }, { "stream-expires-at": future }]) }
  if (random.chance(0.1)) {
    headers["stream-closed"] = "true"
  }
  const initial = random.chance(0.5) ? validBody(random, stream.isJson, true) : { size: 0 }
  stream.configuration = headers
  model.streams.set(stream.name, stream)
  const { reference } = await run.exchange({ method: "PUT", path: stream.path, headers, body: initial.body }, stream)
  if (reference.status === 201) {
    stream.closed = reference.closed === "true"
    stream.appended(reference.next, 0)
    if (initial.size > 0) {
      stream.appends.push({ start: null, size: initial.size })
    }
  }
}

/** PUT of a name that is there: the same configuration, or one that differs in one point. */
export async function createAgain(run) {
  const stream = run.random.pick(run.model.live())
  if (!stream.configuration) {
    return
  }
  const same = { ...stream.configuration }
  const headers = run.random.pick([
    same,
    { ...same, "content-type": "application/x-other" },
    { ...same, "stream-ttl": "77", "stream-expires-at": undefined },
    { ...same, "stream-closed": "true" },
  ])
  const defined = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
  await run.exchange({ method: "PUT", path: stream.path, headers: defined }, stream)
}

const badTtls = ["-1", "+5", "007", "1.5", "3.6e3", "abc", "0x10", "1 2"]

/** PUT with one fault; nothing may be created. */
export async function createInvalid(run) {
  const { random, model } = run
  const stream = new Stream(random.pick(model.free()), "application/json")
  const fault = random.pick([
    () => ({ headers: { "stream-ttl": random.pick(badTtls) } }),
    () => ({ headers: { "stream-expires-at": random.pick(["tomorrow", "2099-13-01T00:00:00Z", "x"]) } }),
    () => ({ headers: { "stream-ttl": "60", "stream-expires-at": future } }),
    () => ({ headers: {}, body: random.pick(invalidJson) }),
    () => ({ headers: { "stream-fork-sub-offset": "1" } }),
  ])()
  const headers = { "content-type": stream.type, ...fault.headers }
  await run.exchange({ method: "PUT", path: stream.path, headers, body: fault.body }, stream)
  await run.exchange({ method: "HEAD", path: stream.path }, stream)
}
