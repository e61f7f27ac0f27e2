// The published `ws` client speaking eventcluster.v1.
import { afterAll, beforeAll, expect, test } from "vitest"
import WebSocket from "ws"

import { ServerProcess } from "./lib/server.mjs"
import { until } from "./lib/wait.mjs"

let server
beforeAll(async () => {
  server = await ServerProcess.start()
})
afterAll(() => server.stop())

async function create(base, name, contentType, body) {
  const response = await fetch(`${base}/v1/stream/${name}`, { method: "PUT", headers: { "content-type": contentType }, body })
  expect(response.status).toBe(201)
}

async function append(base, name, value, headers = {}) {
  const response = await fetch(`${base}/v1/stream/${name}`, {
    method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value),
  })
  expect(response.status).toBe(204)
}

/** One connection: messages by type, and how it ended. */
async function open(base, path) {
  const socket = new WebSocket(base.replace("http", "ws") + path, "eventcluster.v1")
  const seen = { messages: [], events: {}, closed: null }
  socket.on("message", (data, isBinary) => {
    expect(isBinary).toBe(false)
    const message = JSON.parse(data.toString())
    if (message.type === "ping") {
      socket.send('{"type":"pong"}')
    } else if (message.type === "events") {
      (seen.events[message.stream] ??= []).push(...message.events)
    }
    seen.messages.push(message)
  })
  socket.on("close", (code, reason) => (seen.closed = { code, reason: reason.toString() }))
  socket.on("error", () => {})
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject))
  return { socket, seen, send: (message) => socket.send(JSON.stringify(message)) }
}

const typesOf = (seen) => seen.messages.map((m) => m.type)
const answerTo = (seen, id) => seen.messages.find((m) => m.id === id)

test("several_streams_on_one_socket_with_appends_and_unsubscribe", async () => {
  await create(server.url, "ws/json", "application/json", "[0,1]")
  await create(server.url, "ws/text", "text/plain", "first\r\n\u0000 😀")
  const { socket, seen, send } = await open(server.url, "/v1/streams")
  await until("hello", () => typesOf(seen)[0] === "hello", () => seen)
  send({ type: "subscribe", id: 1, stream: "ws/json" })
  send({ type: "subscribe", id: "two", stream: "ws/text", last: 1 })
  await until("backlogs", () => seen.events["ws/json"]?.length === 2 && seen.events["ws/text"]?.length === 1, () => seen)
  expect(answerTo(seen, 1)).toMatchObject({ type: "subscribed", stream: "ws/json", contentType: "application/json" })
  expect(answerTo(seen, "two")).toMatchObject({ type: "subscribed", stream: "ws/text" })
  expect(seen.events["ws/text"][0].data).toBe("first\r\n\u0000 😀")

  const producer = { id: "p", epoch: 0, seq: 0 }
  send({ type: "append", id: 3, stream: "ws/json", events: [{ data: { n: 2 } }], producer })
  send({ type: "append", id: 4, stream: "ws/json", events: [{ data: { n: 2 } }], producer })
  await until("acks", () => answerTo(seen, 3) && answerTo(seen, 4), () => seen)
  expect(answerTo(seen, 3)).toMatchObject({ type: "ack", durability: "flushed" })
  expect(answerTo(seen, 4)).toMatchObject({ type: "ack", duplicate: true, offset: answerTo(seen, 3).offset })
  await until("own event", () => seen.events["ws/json"].length === 3, () => seen)

  send({ type: "unsubscribe", id: 5, stream: "ws/json" })
  await until("left", () => answerTo(seen, 5), () => seen)
  await append(server.url, "ws/json", 3)
  send({ type: "append", id: 6, stream: "ws/text", contentType: "text/plain", events: [{ data: "second" }], close: true })
  await until("end", () => typesOf(seen).includes("end"), () => seen)
  expect(seen.events["ws/json"].map((e) => e.data)).toEqual([0, 1, { n: 2 }])
  expect(seen.events["ws/text"].map((e) => e.data)).toEqual(["first\r\n\u0000 😀", "second"])
  socket.close(1000)
  await until("closed", () => seen.closed, () => seen)
  expect(seen.closed.code).toBe(1000)
})

test("credit_bounds_what_comes_and_nothing_is_lost", async () => {
  await create(server.url, "ws/credit", "text/plain")
  for (let i = 0; i < 20; i++) {
    await fetch(`${server.url}/v1/stream/ws/credit`, { method: "POST", headers: { "content-type": "text/plain" }, body: `${i}`.padEnd(100, ".") })
  }
  const { socket, seen, send } = await open(server.url, "/v1/stream/ws/credit?credit=250")
  let granted = 250
  const events = () => seen.events["ws/credit"] ?? []
  while (events().length < 20) {
    const wanted = Math.min(20, Math.floor(granted / 100))
    await until("credit used", () => events().length >= wanted, () => seen)
    expect(events().length * 100).toBeLessThanOrEqual(granted + 100)
    send({ type: "credit", stream: "ws/credit", bytes: 300 })
    granted += 300
  }
  expect(events().map((e) => Number.parseInt(e.data))).toEqual(Array.from({ length: 20 }, (_, i) => i))
  socket.close()
})

test("kill9_and_stop_the_client_resumes_with_its_last_offset", async () => {
  const own = await ServerProcess.start()
  const received = []
  try {
    await create(own.url, "s", "application/json", "[0,1,2]")
    let offset = "-1"
    const follow = async () => {
      const connection = await open(own.url, `/v1/stream/s?offset=${offset}`)
      connection.take = async (count) => {
        await until(`${count} events`, () => (connection.seen.events.s ?? []).length >= count, () => connection.seen)
        received.push(...connection.seen.events.s.map((e) => e.data))
        offset = connection.seen.events.s.at(-1).offset
      }
      return connection
    }

    const killed = await follow()
    await killed.take(3)
    await own.kill9()
    await until("cut", () => killed.seen.closed, () => killed.seen)
    expect(killed.seen.closed.code).toBe(1006)
    await own.restart()
    await append(own.url, "s", 3)

    const stopped = await follow()
    await stopped.take(1)
    expect((await own.terminate()).code).toBe(0)
    await until("closed", () => stopped.seen.closed, () => stopped.seen)
    expect(typesOf(stopped.seen).at(-1)).toBe("move")
    expect(stopped.seen.messages.at(-1).offsets).toEqual([{ stream: "s", offset }])
    expect(stopped.seen.closed.code).toBe(1012)
    await own.restart()
    await append(own.url, "s", 4)

    const last = await follow()
    await last.take(1)
    expect(received).toEqual([0, 1, 2, 3, 4])
    last.socket.close()
  } finally {
    await own.stop()
  }
})

test("violations_close_with_their_code", async () => {
  const cases = [
    ["{", 1002], ['{"type":"nothing"}', 1002], [Buffer.from([1, 2]), 1003], [`"${"x".repeat(2 * 1024 * 1024)}"`, 1009],
  ]
  for (const [payload, code] of cases) {
    const { socket, seen } = await open(server.url, "/v1/streams")
    socket.send(payload)
    await until(`close ${code}`, () => seen.closed, () => seen)
    expect(seen.closed.code).toBe(code)
    expect(seen.closed.reason).not.toBe("")
  }
})
