// npm eventsource 5 against the native EventSource framing, end to end.
import { EventSource } from "eventsource"
import { afterAll, beforeAll, expect, test } from "vitest"

import { ServerProcess } from "./lib/server.mjs"
import { until } from "./lib/wait.mjs"

let server
beforeAll(async () => {
  server = await ServerProcess.start()
})
afterAll(() => server.stop())

async function create(url, contentType, body) {
  const response = await fetch(url, { method: "PUT", headers: { "content-type": contentType }, body })
  expect(response.status).toBe(201)
}

async function append(url, contentType, body, headers = {}) {
  const response = await fetch(url, { method: "POST", headers: { "content-type": contentType, ...headers }, body })
  expect(response.status).toBeLessThan(300)
  return response.headers.get("stream-next-offset")
}

/** Opens an EventSource and records what it dispatches. */
function listen(url, options) {
  const seen = { messages: [], ids: [], gaps: [], ends: [], opens: 0, requests: [] }
  const source = new EventSource(url, {
    fetch: (input, init) => {
      const lastEventId = new Headers(init.headers).get("last-event-id")
      return fetch(input, init).then((response) => {
        seen.requests.push({ status: response.status, lastEventId })
        return response
      })
    },
    ...options,
  })
  source.addEventListener("open", () => seen.opens++)
  source.addEventListener("message", (e) => {
    seen.messages.push(e.data)
    seen.ids.push(e.lastEventId)
  })
  source.addEventListener("gap", (e) => seen.gaps.push({ id: e.lastEventId, ...JSON.parse(e.data) }))
  source.addEventListener("end", (e) => seen.ends.push({ id: e.lastEventId, ...JSON.parse(e.data) }))
  return { source, seen }
}

const rising = (ids) => ids.every((id, i) => i === 0 || ids[i - 1] < id)

test("backlog_then_live_events_arrive_in_order_with_rising_ids", async () => {
  const url = `${server.url}/v1/stream/eventsource/live`
  await create(url, "application/json", JSON.stringify([0, 1, 2]))
  const { source, seen } = listen(url)
  try {
    await until("backlog", () => seen.messages.length === 3, () => seen)
    for (let i = 3; i < 50; i++) {
      await append(url, "application/json", JSON.stringify({ i }))
    }
    await until("live", () => seen.messages.length >= 50, () => seen)
    const expected = [0, 1, 2, ...Array.from({ length: 47 }, (_, i) => ({ i: i + 3 }))]
    expect(seen.messages.map((m) => JSON.parse(m))).toEqual(expected)
    expect(rising(seen.ids)).toBe(true)
  } finally {
    source.close()
  }
})

test("text_with_line_breaks_arrives_as_one_event", async () => {
  const url = `${server.url}/v1/stream/eventsource/text`
  await create(url, "text/plain")
  const bodies = ["one", "two\nlines", "event: gap\ndata: no", "\n", "id: 7\r\nretry: 1\rend", "ünïcödé 🎈"]
  for (const body of bodies) {
    await append(url, "text/plain", body)
  }
  const { source, seen } = listen(url)
  try {
    await until("all", () => seen.messages.length >= bodies.length, () => seen)
    expect(seen.messages).toEqual(bodies.map((b) => b.replace(/\r\n?/g, "\n")))
    expect(seen.gaps).toEqual([])
  } finally {
    source.close()
  }
})

test("binary_and_forced_base64_are_byte_exact", async () => {
  const url = `${server.url}/v1/stream/eventsource/binary`
  const bytes = Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i))
  await create(url, "application/octet-stream", bytes)
  const text = `${server.url}/v1/stream/eventsource/forced`
  await create(text, "text/plain", "a\r\nb")
  const binary = listen(url)
  const forced = listen(`${text}?encoding=base64`)
  try {
    await until("both", () => binary.seen.messages.length === 1 && forced.seen.messages.length === 1, () => forced.seen)
    expect(Buffer.from(binary.seen.messages[0], "base64").equals(bytes)).toBe(true)
    expect(Buffer.from(forced.seen.messages[0], "base64").toString()).toBe("a\r\nb")
  } finally {
    binary.source.close()
    forced.source.close()
  }
})

test("resume_across_kill9_delivers_every_event_exactly_once", async () => {
  const own = await ServerProcess.start()
  const url = `${own.url}/v1/stream/eventsource/resume`
  await create(url, "application/json")
  const { source, seen } = listen(url)
  try {
    for (let i = 0; i < 40; i++) {
      await append(url, "application/json", JSON.stringify(i))
    }
    await until("first half", () => seen.messages.length >= 20, () => seen)
    await own.kill9()
    await own.restart()
    for (let i = 40; i < 80; i++) {
      await append(url, "application/json", JSON.stringify(i))
    }
    await until("second half", () => seen.messages.length >= 80, () => seen)
    expect(seen.messages.map(Number)).toEqual(Array.from({ length: 80 }, (_, i) => i))
    expect(rising(seen.ids)).toBe(true)
    expect(seen.opens).toBeGreaterThanOrEqual(2)
    expect(seen.gaps).toEqual([])
    expect(seen.requests.at(-1).lastEventId).toMatch(/^[0-9a-v]{20}$/)
  } finally {
    source.close()
    await own.stop()
  }
})

test("position_is_primed_before_any_event_so_a_crash_of_an_idle_stream_loses_nothing", async () => {
  const own = await ServerProcess.start()
  const url = `${own.url}/v1/stream/eventsource/primed`
  await create(url, "application/json", JSON.stringify(["old"]))
  const { source, seen } = listen(`${url}?offset=now`)
  try {
    await until("open", () => seen.opens === 1, () => seen)
    await own.kill9()
    await own.restart()
    await append(url, "application/json", JSON.stringify(["new"]))
    await until("new event", () => seen.messages.length >= 1, () => seen)
    expect(seen.messages.map((m) => JSON.parse(m))).toEqual(["new"])
  } finally {
    source.close()
    await own.stop()
  }
})

test("trimmed_position_gives_one_gap_event_then_continues_from_the_earliest", async () => {
  const url = `${server.url}/v1/stream/eventsource/gap`
  await create(url, "application/json")
  const offsets = []
  for (let i = 0; i < 10; i++) {
    offsets.push(await append(url, "application/json", JSON.stringify(i)))
  }
  const trimmed = await fetch(url, { method: "POST", headers: { "stream-trim-before": offsets[6] } })
  expect(trimmed.status).toBe(204)
  const { source, seen } = listen(`${url}?offset=${offsets[2]}`)
  try {
    await until("rest", () => seen.messages.length >= 3, () => seen)
    expect(seen.messages.map(Number)).toEqual([7, 8, 9])
    expect(seen.gaps).toHaveLength(1)
    expect(seen.gaps[0]).toMatchObject({ id: offsets[6], reason: "trimmed", requested: offsets[2], earliest: offsets[6] })
  } finally {
    source.close()
  }
})

test("closed_stream_sends_end_and_answers_204_to_the_reconnect", async () => {
  const url = `${server.url}/v1/stream/eventsource/end`
  await create(url, "application/json", JSON.stringify([1, 2]))
  const { source, seen } = listen(url)
  try {
    await until("backlog", () => seen.messages.length === 2, () => seen)
    const final = await append(url, "application/json", JSON.stringify([3]), { "stream-closed": "true" })
    await until("stopped", () => source.readyState === source.CLOSED, () => ({ ...seen, state: source.readyState }))
    expect(seen.messages.map(Number)).toEqual([1, 2, 3])
    expect(seen.ends).toHaveLength(1)
    expect(seen.ends[0].offset).toBe(final)
    expect(seen.requests.at(-1)).toEqual({ status: 204, lastEventId: final })
  } finally {
    source.close()
  }
})
