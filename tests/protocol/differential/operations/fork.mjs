const start = "0000000000000000_0000000000000000"
const beyond = "9999999999999999_9999999999999999"

/** PUT of a fork at a known position, the start or the tail, sometimes with a sub-offset. */
export async function fork(run) {
  const { random, model } = run
  const source = random.pick(model.live())
  const name = random.pick(model.free())
  const point = random.weighted([[2, null], [1, start], [5, random.pick([...source.offsets.references(), start])]])
  const next = source.appends.find((a) => a.start !== null && a.start === point)
  const sub = next && random.chance(0.4) ? 1 + random.below(next.size) : random.pick([0, undefined])
  await put(run, source, name, point, sub, random.pick([{}, {}, { "content-type": source.type }, { "stream-ttl": "900" }]))
}

async function put(run, source, name, point, sub, more) {
  const headers = (rename) => ({
    "stream-forked-from": source.path,
    ...(point === null ? {} : { "stream-fork-offset": rename(point) }),
    ...(sub === undefined ? {} : { "stream-fork-sub-offset": String(sub) }),
    ...more,
  })
  const path = source.path.replace(/[^/]*$/, name)
  // The tail that the fork starts from belongs to the source's offsets, so the answer is linked after the model knows it.
  const request = { method: "PUT", path, headers }
  const [reference, ours] = await Promise.all([run.begin(request, source, true), run.begin(request, source, false)])
  if (reference.status !== 201) {
    run.settle(request, reference, ours, source)
    return
  }
  const made = source.fork(name, point ?? source.tail, sub ?? 0, reference.next)
  made.request = { point, sub, more }
  run.model.streams.set(name, made)
  run.settle(request, reference, ours, made)
}

/** The fork's PUT again. */
export async function forkAgain(run) {
  const fork = run.random.pick(run.model.live().filter((s) => s.request && s.source.exists && !s.source.gone))
  if (fork === undefined) {
    return
  }
  const { point, sub, more } = fork.request
  const headers = (rename) => ({
    "stream-forked-from": fork.source.path,
    ...(point === null ? {} : { "stream-fork-offset": rename(point) }),
    ...(sub === undefined ? {} : { "stream-fork-sub-offset": String(sub) }),
    ...more,
  })
  await run.exchange({ method: "PUT", path: fork.path, headers, label: "fork again" }, fork)
}

/** Forks that must be refused and leave nothing behind. */
export async function forkInvalid(run) {
  const { random, model } = run
  const source = random.pick(model.live())
  const path = source.path.replace(/[^/]*$/, random.pick(model.free()))
  const from = { "stream-forked-from": source.path }
  const headers = random.pick([
    { "stream-forked-from": "/v1/stream/differential/never-was" },
    { ...from, "stream-fork-offset": beyond },
    { ...from, "stream-fork-offset": random.pick(["abc", "1,2", "now", "-2"]) },
    { ...from, "stream-fork-sub-offset": random.pick(["-1", "1.5", "x", "01"]) },
    { ...from, "stream-fork-sub-offset": "1" },
    { ...from, "content-type": "application/x-other" },
  ])
  await run.exchange({ method: "PUT", path, headers }, source)
  await run.exchange({ method: "HEAD", path }, source)
}
