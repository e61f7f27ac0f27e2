// The published @microsoft/signalr client over its three transports.
import * as signalR from "@microsoft/signalr"
import { afterAll, beforeAll, describe, expect, test } from "vitest"

import { ServerProcess } from "./lib/server.mjs"
import { until } from "./lib/wait.mjs"

const { HttpTransportType } = signalR
const transports = [
  ["websockets", HttpTransportType.WebSockets],
  ["server-sent-events", HttpTransportType.ServerSentEvents],
  ["long-polling", HttpTransportType.LongPolling],
]

let server
beforeAll(async () => {
  server = await ServerProcess.start()
})
afterAll(() => server.stop())

async function create(base, name, contentType = "application/json", events = undefined) {
  const response = await fetch(`${base}/v1/stream/${name}`, {
    method: "PUT", headers: { "content-type": contentType }, body: events && JSON.stringify(events),
  })
  expect(response.status).toBe(201)
}

async function append(base, name, values, headers = {}) {
  const response = await fetch(`${base}/v1/stream/${name}`, {
    method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(values),
  })
  expect(response.status).toBe(204)
  return response.headers.get("stream-next-offset")
}

/** A client as docs/PROTOCOL.md shows it: it subscribes again after each reconnect, with the last offset it saw. */
async function follow(base, name, transport) {
  const seen = { events: [], offsets: [], types: [], moves: [], reconnects: 0, completed: 0, errors: [] }
  let offset = null
  let delay = 50
  const connection = new signalR.HubConnectionBuilder()
    .withUrl(`${base}/v1/signalr`, transport)
    .withAutomaticReconnect({ nextRetryDelayInMilliseconds: () => delay })
    .configureLogging(signalR.LogLevel.None)
    .build()
  const subscribe = () => connection.stream("Subscribe", name, offset, null).subscribe({
    next(message) {
      seen.types.push(message.type)
      if (message.type === "events") {
        for (const event of message.events) {
          seen.events.push(event.data)
          seen.offsets.push(event.offset)
          offset = event.offset
        }
      } else if (message.type === "subscribed" || message.type === "gap") {
        offset = message.offset
      } else if (message.type === "move") {
        seen.moves.push(message)
        delay = message.delayMs
      }
    },
    error: (e) => seen.errors.push(e.message),
    complete: () => seen.completed++,
  })
  connection.onreconnected(() => {
    seen.reconnects++
    delay = 50
    subscribe()
  })
  await connection.start()
  subscribe()
  return { connection, seen }
}

async function connect(base, transport) {
  const connection = new signalR.HubConnectionBuilder()
    .withUrl(`${base}/v1/signalr`, transport).configureLogging(signalR.LogLevel.None).build()
  await connection.start()
  return connection
}

/** The WebSocket's `error` message in a HubException, read as docs/PROTOCOL.md says. */
async function errorOf(promise) {
  const error = await promise.then(() => null, (e) => e)
  return JSON.parse(error.message.slice(error.message.indexOf("{")))
}

function first(connection, method, ...args) {
  return new Promise((resolve, reject) =>
    connection.stream(method, ...args).subscribe({ next: resolve, error: reject, complete: resolve }))
}

describe.each(transports)("%s", (name, transport) => {
  test("backlog_then_live_then_the_end", async () => {
    const stream = `signalr/${name}/live`
    await create(server.url, stream, "application/json", [0, { a: 1 }])
    const { connection, seen } = await follow(server.url, stream, transport)
    await until("backlog", () => seen.events.length === 2, () => seen)
    for (let i = 2; i < 30; i++) {
      await append(server.url, stream, i)
    }
    const final = await append(server.url, stream, "last", { "stream-closed": "true" })
    await until("end", () => seen.completed === 1, () => seen)
    expect(seen.events).toEqual([0, { a: 1 }, ...Array.from({ length: 28 }, (_, i) => i + 2), "last"])
    expect(seen.offsets.at(-1)).toBe(final)
    expect(seen.types.at(-1)).toBe("end")
    await connection.stop()
  })

  test("kill9_under_the_client_every_event_exactly_once", async () => {
    const own = await ServerProcess.start()
    try {
      await create(own.url, "s")
      const { connection, seen } = await follow(own.url, "s", transport)
      for (let i = 0; i < 20; i++) {
        await append(own.url, "s", i)
      }
      await until("first half", () => seen.events.length >= 10, () => seen)
      await own.kill9()
      await own.restart()
      for (let i = 20; i < 40; i++) {
        await append(own.url, "s", i)
      }
      await until("second half", () => seen.events.length >= 40, () => seen)
      expect(seen.events).toEqual(Array.from({ length: 40 }, (_, i) => i))
      expect(new Set(seen.offsets).size).toBe(40)
      expect(seen.reconnects).toBeGreaterThanOrEqual(1)
      await connection.stop()
    } finally {
      await own.stop()
    }
  })

  test("stop_moves_the_client_which_comes_back_and_goes_on", async () => {
    const own = await ServerProcess.start()
    try {
      await create(own.url, "s", "application/json", [0, 1, 2])
      const { connection, seen } = await follow(own.url, "s", transport)
      await until("backlog", () => seen.events.length === 3, () => seen)
      expect((await own.terminate()).code).toBe(0)
      await until("move", () => seen.moves.length === 1, () => seen)
      expect(seen.moves[0].offsets).toEqual([{ stream: "s", offset: seen.offsets.at(-1) }])
      expect(seen.moves[0].delayMs).toBeGreaterThanOrEqual(1_000)
      expect(seen.moves[0].delayMs).toBeLessThanOrEqual(3_000)
      await own.restart()
      await append(own.url, "s", 3)
      await until("after the move", () => seen.events.length === 4, () => seen)
      expect(seen.events).toEqual([0, 1, 2, 3])
      await connection.stop()
    } finally {
      await own.stop()
    }
  })

  test("append_with_a_producer_describe_and_errors", async () => {
    const stream = `signalr/${name}/append`
    await create(server.url, stream)
    const connection = await connect(server.url, transport)
    const message = { events: [{ data: 1 }, { data: "two" }], producer: { id: "p", epoch: 0, seq: 0 } }
    const ack = await connection.invoke("Append", stream, message)
    expect(ack).toMatchObject({ type: "ack", stream, durability: "flushed" })
    expect(await connection.invoke("Append", stream, message)).toMatchObject({ duplicate: true, offset: ack.offset })
    expect(await connection.invoke("Describe", stream)).toMatchObject({
      stream, contentType: "application/json", tail: ack.offset, closed: false,
    })
    expect(await errorOf(connection.invoke("Append", stream, { ...message, producer: { id: "p", epoch: 0, seq: 5 } })))
      .toMatchObject({ code: "sequence_gap", status: 409, expectedSeq: 1, receivedSeq: 5 })
    expect(await errorOf(first(connection, "Subscribe", "signalr/none", null, null))).toMatchObject({ code: "not_found", status: 404 })
    expect(await errorOf(first(connection, "Subscribe", stream, `${ack.offset.slice(0, 7)}0000000000100`, { onGap: "fail" })))
      .toMatchObject({ code: "gap", status: 410, tail: ack.offset })
    await connection.stop()
  })
})

test("an_event_of_1_MiB_goes_up_and_down", async () => {
  await create(server.url, "signalr/large", "application/octet-stream")
  const connection = await connect(server.url, HttpTransportType.WebSockets)
  const bytes = Buffer.from(Uint8Array.from({ length: 1024 * 1024 }, (_, i) => (i * 31) & 255))
  await connection.invoke("Append", "signalr/large", {
    contentType: "application/octet-stream", events: [{ base64: bytes.toString("base64") }],
  })
  const received = await new Promise((resolve, reject) => {
    connection.stream("Subscribe", "signalr/large", "-1", null).subscribe({
      next: (message) => message.type === "events" && resolve(message.events[0].base64), error: reject, complete: reject,
    })
  })
  expect(Buffer.from(received, "base64").equals(bytes)).toBe(true)
  await connection.stop()
})

test("several_streams_resume_with_their_cursor", async () => {
  const streams = ["a", "b", "c"].map((s) => ({ stream: `signalr/many/${s}` }))
  for (const { stream } of streams) {
    await create(server.url, stream, "application/json", Array.from({ length: 10 }, (_, i) => i))
  }
  const connection = await connect(server.url, HttpTransportType.WebSockets)
  const seen = Object.fromEntries(streams.map(({ stream }) => [stream, []]))
  const total = () => Object.values(seen).reduce((sum, list) => sum + list.length, 0)
  let cursor = null
  while (total() < 30) {
    await new Promise((resolve, reject) => {
      const call = connection.stream("SubscribeMany", streams, { cursor }).subscribe({
        next(message) {
          // Whatever follows the first message with events is left to the next call.
          if (call.left) {
            return
          }
          cursor = message.cursor
          if (message.type === "events") {
            seen[message.stream].push(...message.events.map((e) => e.data))
            call.left = true
            setTimeout(() => {
              call.dispose()
              resolve()
            }, 0)
          }
        },
        error: reject,
        complete: resolve,
      })
    })
  }
  for (const list of Object.values(seen)) {
    expect(list).toEqual(Array.from({ length: 10 }, (_, i) => i))
  }
  await connection.stop()
})
