import { validBody } from "../bodies.mjs"

const malformedOffsets = ["", "abc", "0,1", "0%201", "..%2Fx", "-2", "NOW", "0000000000000000"]

function knownOffset(random, stream) {
  return random.weighted([[3, null], [2, "-1"], [6, random.pick([...stream.offsets.references(), "-1"])]])
}

const withOffset = (offset, rest = "") => (rename) =>
  offset === null ? rest.replace(/^&/, "?") : `?offset=${encodeURIComponent(rename(offset))}${rest}`

/** Catch-up from a random known position. */
export async function read(run) {
  const stream = run.random.pick(run.model.live())
  const query = withOffset(knownOffset(run.random, stream))
  await run.exchange({ method: "GET", path: stream.path, query }, stream)
}

export async function readNow(run) {
  const stream = run.random.pick(run.model.live())
  await run.exchange({ method: "GET", path: stream.path, query: "?offset=now" }, stream)
}

/** Malformed offsets, and live modes without an offset. */
export async function readInvalid(run) {
  const stream = run.random.pick(run.model.live())
  const query = run.random.pick([
    ...malformedOffsets.map((offset) => `?offset=${offset}`), "?offset=-1&offset=-1", "?live=long-poll", "?live=sse",
  ])
  await run.exchange({ method: "GET", path: stream.path, query }, stream)
}

/** A read, the same read with its ETag (304), and again after the stream may have changed. */
export async function conditionalRead(run) {
  const stream = run.random.pick(run.model.live())
  const query = withOffset(knownOffset(run.random, stream))
  const request = { method: "GET", path: stream.path, query }
  const first = await run.exchange(request, stream)
  await conditional(run, request, stream, first)
  if (!stream.closed && run.random.chance(0.5)) {
    const closed = await run.exchange({ method: "POST", path: stream.path, headers: { "stream-closed": "true" } }, stream)
    stream.closed = closed.reference.status < 300
    await conditional(run, request, stream, first)
  }
}

async function conditional(run, request, stream, first) {
  const headersOf = (etag) => ({ "if-none-match": etag ?? '"none"' })
  const [reference, ours] = await Promise.all([
    run.begin({ ...request, headers: headersOf(first.reference.etag) }, stream, true),
    run.begin({ ...request, headers: headersOf(first.ours.etag) }, stream, false),
  ])
  run.settle({ ...request, label: "if-none-match" }, reference, ours, stream)
}

/** Long-poll where the answer is there already: data behind the position, or a closed stream at its end. */
export async function longPoll(run) {
  const { random } = run
  const stream = random.pick(run.model.live())
  const behind = stream.offsets.references().filter((offset) => offset < stream.tail)
  const offset = stream.closed ? random.pick([...behind, stream.tail, "now"]) : random.pick(behind)
  if (offset !== undefined) {
    await run.exchange({ method: "GET", path: stream.path, query: withOffset(offset, "&live=long-poll") }, stream)
  }
}

/** Long-poll at the tail, woken by an append; the answer is the same when the append overtakes the poll. */
export async function longPollWoken(run) {
  const { random } = run
  const stream = random.pick(run.model.live().filter((s) => !s.closed))
  if (stream === undefined || stream.tail === null) {
    return
  }
  const poll = { method: "GET", path: stream.path, query: withOffset(stream.tail, "&live=long-poll") }
  const polls = [run.begin(poll, stream, true), run.begin(poll, stream, false)]
  const { body, size } = validBody(random, stream.isJson)
  const headers = { "content-type": stream.type }
  const { reference } = await run.exchange({ method: "POST", path: stream.path, headers, body }, stream)
  stream.appended(reference.next, size)
  run.settle(poll, ...(await Promise.all(polls)), stream)
}

/** `live=sse` until the reader is up to date or the stream ends. */
export async function sse(run) {
  const { random } = run
  const stream = random.pick(run.model.live())
  const offset = random.weighted([[2, "-1"], [1, "now"], [3, random.pick([...stream.offsets.references(), "-1"])]])
  await run.exchange({ method: "GET", path: stream.path, query: withOffset(offset, "&live=sse"), sse: true }, stream)
}

export async function head(run) {
  const stream = run.random.pick(run.model.live())
  await run.exchange({ method: "HEAD", path: stream.path }, stream)
}

/** Valid requests to a name without a stream. */
export async function missing(run) {
  const path = `/v1/stream/differential/${run.random.pick(run.model.free())}`
  await run.exchange({ path, ...run.random.pick(validRequests) }, undefined)
}

/** Valid requests to a deleted stream that forks still hold. */
export async function onGone(run) {
  const stream = run.random.pick(run.model.gone())
  await run.exchange({ path: stream.path, ...run.random.pick([...validRequests, putAgain]) }, stream)
}

const validRequests = [
  { method: "GET" },
  { method: "GET", query: "?offset=-1" },
  { method: "GET", query: "?offset=now" },
  { method: "GET", query: "?offset=now&live=long-poll" },
  { method: "HEAD" },
  { method: "DELETE" },
  { method: "POST", headers: { "content-type": "application/json" }, body: "[1]" },
  { method: "POST", headers: { "stream-closed": "true" } },
]
const putAgain = { method: "PUT", headers: { "content-type": "application/json" } }
