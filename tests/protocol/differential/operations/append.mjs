import { invalidJson, validBody } from "../bodies.mjs"

const producerIds = ["p-one", "p-two"]

/** POST of a valid body, sometimes with `Stream-Seq`, sometimes closing, sometimes to a closed stream. */
export async function append(run) {
  const { random } = run
  const stream = random.pick(run.model.live())
  const { body, size } = validBody(random, stream.isJson)
  const headers = { "content-type": stream.type }
  if (random.chance(0.15)) {
    headers["stream-seq"] = nextStreamSeq(random, stream)
  }
  const closing = random.weighted([[20, undefined], [2, "true"], [1, "false"], [1, "yes"], [1, "1"]])
  if (closing !== undefined) {
    headers["stream-closed"] = closing
  }
  const { reference } = await run.exchange({ method: "POST", path: stream.path, headers, body }, stream)
  note(stream, reference, size, headers["stream-seq"])
}

function nextStreamSeq(random, stream) {
  const next = String(1 + Number(stream.lastStreamSeq ?? "0")).padStart(4, "0")
  return random.weighted([[4, next], [1, stream.lastStreamSeq ?? next], [1, "0000"]])
}

function note(stream, reference, size, streamSeq) {
  if (reference.status === 200 || reference.status === 204) {
    stream.appended(reference.next ?? stream.tail, size)
    stream.closed ||= reference.closed === "true"
    stream.lastStreamSeq = streamSeq ?? stream.lastStreamSeq
  }
}

/** POST with one fault to an open stream; nothing may be appended. */
export async function appendInvalid(run) {
  const { random } = run
  const stream = random.pick(run.model.live())
  const { body } = validBody(random, stream.isJson)
  const type = { "content-type": stream.type }
  const faults = [
    () => ({ headers: type }),
    () => ({ headers: { "content-type": "application/x-other" }, body }),
    () => ({ headers: {}, body: Buffer.from(body) }),
    () => (stream.isJson && !stream.closed
      ? { headers: type, body: random.pick(["[]", " [ ] ", ...invalidJson]) }
      : { headers: type }),
  ]
  await run.exchange({ method: "POST", path: stream.path, ...random.pick(faults)() }, stream)
  await run.exchange({ method: "HEAD", path: stream.path }, stream)
}

/** POST with producer headers: next, repeated, skipped, new epoch, stale epoch. */
export async function produce(run) {
  const { random } = run
  const stream = random.pick(run.model.live())
  const id = random.pick(producerIds)
  const state = stream.producers.get(id) ?? { epoch: 0, seq: -1 }
  const stamp = random.weighted([
    [12, { epoch: state.epoch, seq: state.seq + 1 }],
    [4, { epoch: state.epoch, seq: Math.max(0, state.seq) }],
    [2, { epoch: state.epoch, seq: Math.max(0, state.seq - random.below(3)) }],
    [2, { epoch: state.epoch, seq: state.seq + 2 + random.below(3) }],
    [2, { epoch: state.epoch + 1, seq: 0 }],
    [1, { epoch: state.epoch + 1, seq: 1 + random.below(3) }],
    [2, { epoch: Math.max(0, state.epoch - 1), seq: random.below(4) }],
  ])
  const { body, size } = validBody(random, stream.isJson)
  const headers = { "content-type": stream.type, ...stampHeaders(id, stamp) }
  if (random.chance(0.1)) {
    headers["stream-seq"] = nextStreamSeq(random, stream)
  }
  if (random.chance(0.04)) {
    headers["stream-closed"] = "true"
  }
  const { reference } = await run.exchange({ method: "POST", path: stream.path, headers, body }, stream)
  if (reference.status === 200) {
    stream.producers.set(id, stamp)
    note(stream, reference, size, headers["stream-seq"])
  }
}

function stampHeaders(id, { epoch, seq }) {
  return { "producer-id": id, "producer-epoch": String(epoch), "producer-seq": String(seq) }
}

/** Incomplete or malformed producer headers. */
export async function produceInvalid(run) {
  const { random } = run
  const stream = random.pick(run.model.live())
  const { body } = validBody(random, stream.isJson)
  const good = stampHeaders("p-bad", { epoch: 0, seq: 0 })
  const wrong = random.pick([
    { ...good, "producer-epoch": undefined },
    { ...good, "producer-seq": undefined },
    { ...good, "producer-id": undefined },
    { ...good, "producer-id": "" },
    { ...good, "producer-epoch": random.pick(["-1", "1.5", "1e3", "abc", "9007199254740992"]) },
    { ...good, "producer-seq": random.pick(["-1", "1.5", "1e3", "abc", "9007199254740992"]) },
  ])
  const headers = Object.fromEntries(
    Object.entries({ "content-type": stream.type, ...wrong }).filter(([, value]) => value !== undefined))
  await run.exchange({ method: "POST", path: stream.path, headers, body }, stream)
}

/** Close without a body; the content type of such a request counts for nothing. */
export async function close(run) {
  const { random } = run
  const stream = random.pick(run.model.live())
  const headers = { "stream-closed": "true", ...random.pick([{}, { "content-type": "application/x-other" }]) }
  const { reference } = await run.exchange({ method: "POST", path: stream.path, headers }, stream)
  note(stream, reference, 0)
}

/** Close without a body under a producer stamp, then the same request again. */
export async function closeAsProducer(run) {
  const { random } = run
  const stream = random.pick(run.model.live())
  const id = random.pick(producerIds)
  const state = stream.producers.get(id) ?? { epoch: 0, seq: -1 }
  const stamp = { epoch: state.epoch, seq: state.seq + 1 }
  const request = { method: "POST", path: stream.path, headers: { "stream-closed": "true", ...stampHeaders(id, stamp) } }
  const { reference } = await run.exchange(request, stream)
  if (reference.status < 300) {
    stream.producers.set(id, stamp)
    note(stream, reference, 0)
  }
  await run.exchange(request, stream)
}
