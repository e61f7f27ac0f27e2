// node:http2 with prior knowledge: hundreds of event streams on one connection.
import http2 from "node:http2"
import { afterAll, beforeAll, expect, test } from "vitest"

import { freePort, ServerProcess } from "./lib/server.mjs"
import { until } from "./lib/wait.mjs"

const streams = 300
const eventsEach = 5

let server
let http2Url
beforeAll(async () => {
  http2Url = `http://127.0.0.1:${await freePort()}`
  server = await ServerProcess.start(`--EventCluster:Http2Url=${http2Url}`)
})
afterAll(() => server.stop())

async function create(name, contentType) {
  const response = await fetch(`${server.url}/v1/stream/${name}`, { method: "PUT", headers: { "content-type": contentType } })
  expect(response.status).toBe(201)
}

async function append(name, contentType, body) {
  const response = await fetch(`${server.url}/v1/stream/${name}`, { method: "POST", headers: { "content-type": contentType }, body })
  expect(response.status).toBe(204)
}

/** One event stream on the session; `ids` and `data` grow with each complete event. */
function listen(session, name, onData = () => {}) {
  const request = session.request({ ":path": `/v1/stream/${name}`, accept: "text/event-stream" })
  const seen = { request, status: 0, ids: [], data: [], bytes: 0 }
  let rest = ""
  request.setEncoding("utf8")
  request.on("response", (headers) => (seen.status = headers[":status"]))
  request.on("data", (chunk) => {
    seen.bytes += chunk.length
    const frames = (rest + chunk).split("\n\n")
    rest = frames.pop()
    for (const frame of frames) {
      const fields = Object.fromEntries(frame.split("\n").map((line) => line.split(/: ?(.*)/s, 2)))
      if (fields.data !== undefined) {
        seen.ids.push(fields.id)
        seen.data.push(fields.data)
      }
    }
    onData(seen)
  })
  request.on("error", () => {})
  return seen
}

test("hundreds_of_event_streams_on_one_connection_and_a_stalled_one_stalls_no_other", async () => {
  const session = http2.connect(http2Url)
  try {
    // A connection-wide window that one stalled stream cannot fill; its own window is the default 64 KiB.
    await new Promise((resolve) => session.once("connect", resolve))
    session.setLocalWindowSize(64 * 1024 * 1024)
    await create("h2/stalled", "text/plain")
    await Promise.all(Array.from({ length: streams }, (_, i) => create(`h2/${i}`, "application/json")))
    const stalled = listen(session, "h2/stalled")
    await until("stalled stream is open", () => stalled.status === 200, () => stalled.status)
    stalled.request.pause()
    const seen = Array.from({ length: streams }, (_, i) => listen(session, `h2/${i}`))
    await until("all are open", () => seen.every((s) => s.status === 200), () => seen.map((s) => s.status))

    // Far more than the stalled stream's window and the server's buffers hold.
    const blob = "x".repeat(100_000)
    for (let i = 0; i < 40; i++) {
      await append("h2/stalled", "text/plain", `${i} ${blob}`)
    }
    for (let event = 0; event < eventsEach; event++) {
      await Promise.all(Array.from({ length: streams }, (_, i) => append(`h2/${i}`, "application/json", `${event}`)))
    }
    await until("siblings", () => seen.every((s) => s.data.length === eventsEach), () => seen.map((s) => s.data.length))
    const expected = Array.from({ length: eventsEach }, (_, i) => `${i}`)
    for (const s of seen) {
      expect(s.data).toEqual(expected)
      expect(new Set(s.ids).size).toBe(eventsEach)
    }
    expect(stalled.data.length).toBeLessThan(40)

    stalled.request.resume()
    await until("the stalled stream catches up", () => stalled.data.length === 40, () => stalled.data.length)
    expect(stalled.data.map((d) => Number.parseInt(d))).toEqual(Array.from({ length: 40 }, (_, i) => i))
  } finally {
    session.destroy()
  }
})

test("a_stream_that_the_client_resets_leaves_the_others", async () => {
  const session = http2.connect(http2Url)
  try {
    await create("h2/reset", "application/json")
    const [left, stays] = [listen(session, "h2/reset"), listen(session, "h2/reset")]
    await until("open", () => left.status === 200 && stays.status === 200, () => [left.status, stays.status])
    left.request.close(http2.constants.NGHTTP2_CANCEL)
    await append("h2/reset", "application/json", "1")
    await until("the other one goes on", () => stays.data.length === 1, () => stays.data)
    expect(session.closed || session.destroyed).toBe(false)
  } finally {
    session.destroy()
  }
})

test("requests_that_a_new_connection_sends_at_once_are_all_answered", async () => {
  // They go out before the server's settings are here, the later ones with references to the header fields of the first.
  const session = http2.connect(http2Url)
  let fault
  session.on("error", (error) => (fault = error))
  try {
    const statuses = Array.from({ length: 20 }, () => {
      const answer = { status: 0 }
      const request = session.request({ ":path": "/readyz", "x-long": "y".repeat(200) })
      request.on("response", (headers) => (answer.status = headers[":status"]))
      request.on("error", (error) => (fault = error))
      request.resume()
      return answer
    })
    await until("all are answered", () => fault !== undefined || statuses.every((s) => s.status !== 0), () => [fault, statuses])
    expect(fault).toBe(undefined)
    expect(statuses.map((s) => s.status)).toEqual(statuses.map(() => 200))
  } finally {
    session.destroy()
  }
})
